//! The variables of the environment that a project sends, and the hosts that may get them.
//!
//! A project may be somebody else's work, and the environment is its user's. So a backend whose entry names variables
//! gets requests only once the user has allowed it: on a terminal, in the app, with `--trust` or with
//! `UNDERSTUDY_TRUST`. Loopback hosts need no permission, unless the project itself forwards from there. The values of variables are never shown.

mod hosts;
mod relay;
mod store;

use crate::error::{ApiError, Code};
use crate::userinfo;
use hosts::TrustedHosts;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use understudy_exchange::PageOrigin;
use understudy_fixture::model::{self, EnvText};
use understudy_net::Address;

/// The environment variable with the hosts that are trusted where nobody can be asked.
pub const TRUST_VARIABLE: &str = "UNDERSTUDY_TRUST";

/// The variables that a backend's entry sends to one host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Disclosure {
    /// The service.
    pub service: String,
    /// The name of the backend.
    pub backend: String,
    /// The host with its scheme, as it is written: with names of variables, and without their values.
    pub host: String,
    /// The names of the variables, sorted.
    pub variables: Vec<String>,
    /// The line of the backend's address in the project's file.
    pub line: u32,
    /// The host with its scheme, with everything filled in.
    #[serde(skip)]
    origin: String,
    #[serde(skip)]
    is_loopback: bool,
}

impl Disclosure {
    /// Returns what is sent to the host of a backend's address, and to the host of its `states` endpoint. Texts without
    /// variables disclose nothing.
    pub(crate) fn all(
        project: &model::Project,
        service: &str,
        backend: &model::Backend,
        address: &Address,
        states: Option<(&EnvText, &Address)>,
    ) -> Vec<Self> {
        let headers = backend.headers.iter().map(|(_, value)| value);
        let values = headers.chain(backend.vars.iter().map(|(_, value)| value)).chain(&backend.ca);
        let new = |url: &EnvText, address: &Address, texts: Vec<&EnvText>| {
            let variables: BTreeSet<String> =
                texts.into_iter().flat_map(EnvText::variables).map(str::to_owned).collect();
            (!variables.is_empty()).then(|| Self {
                service: service.to_owned(),
                backend: backend.name.clone(),
                host: shown_host(url, address),
                variables: variables.into_iter().collect(),
                line: url.span.line,
                origin: origin(address),
                is_loopback: address.is_loopback() && !relay::leads_out(project, address),
            })
        };
        let own = new(&backend.url, address, values.chain([&backend.url]).collect());
        let states = states.and_then(|(url, address)| new(url, address, vec![url]));
        own.into_iter().chain(states).collect()
    }

    /// Returns true if the host is this machine, and nothing of the project forwards from there: no permission is needed.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.is_loopback
    }

    /// Returns the variables as they are written: `${A}, ${B}`.
    #[must_use]
    pub fn names(&self) -> String {
        let names: Vec<String> = self.variables.iter().map(|name| format!("${{{name}}}")).collect();
        names.join(", ")
    }

    /// Returns the place in the project: `understudy.yaml line 7, the backend ...`.
    #[must_use]
    pub fn place(&self) -> String {
        let Self { line, backend, service, .. } = self;
        format!("understudy.yaml line {line}, the backend `{backend}` of the service `{service}`")
    }

    /// Returns what a question was about, with everything filled in; `None` if it was about something else.
    pub(crate) fn answered(&self, question: &Self) -> Option<Self> {
        let is_same = (&self.service, &self.backend, &self.host, self.line)
            == (&question.service, &question.backend, &question.host, question.line);
        let has_all = question.variables.iter().all(|name| self.variables.contains(name));
        (is_same && has_all).then(|| Self { variables: question.variables.clone(), ..self.clone() })
    }

    /// The host as `--trust` takes it.
    fn trusted_as(&self) -> &str {
        self.host.split_once("://").map_or(&*self.host, |(_, host)| host)
    }
}

/// Returns the scheme, host and port of an address.
fn origin(address: &Address) -> String {
    let scheme = if address.is_tls { "https" } else { "http" };
    let text = format!("{scheme}://{}", address.authority);
    PageOrigin::parse(&text).map_or(text, |origin| origin.to_string())
}

/// Returns the scheme, host and port of an address for people. A host with variables stays as it is written: their
/// values may be secrets that a project puts into a name, and its user knows them.
pub(crate) fn shown_host(url: &EnvText, address: &Address) -> String {
    let written = userinfo::without(&url.text);
    let start = written.find("://").map_or(0, |at| at + 3);
    let end = written[start..].find(['/', '?', '#']).map_or(written.len(), |at| start + at);
    if written[..end].contains("${") { written[..end].to_owned() } else { origin(address) }
}

/// The answer to the question if variables may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Now and in the future.
    Always,
    /// Until the program ends.
    Once,
    /// Not at all.
    No,
}

/// Asks a person. Returns the answer for all of what is asked.
pub type Ask = Arc<dyn Fn(&[Disclosure]) -> Permission + Send + Sync>;

/// The permissions of a user: those of this run, and those that are remembered.
#[derive(Clone, Default)]
pub struct Trust {
    hosts: Arc<TrustedHosts>,
    ask: Option<Ask>,
    /// The permissions of this run: hosts and variables.
    once: Arc<Mutex<BTreeSet<(String, String)>>>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl Trust {
    /// Reads the hosts of `--trust`, and those of [`TRUST_VARIABLE`] in the environment.
    ///
    /// # Errors
    /// [`Code::Usage`] for an entry that is no host.
    pub fn new(flags: &[String]) -> Result<Self, ApiError> {
        let environment = |name: &str| std::env::var(name).ok();
        let mut hosts = TrustedHosts::default();
        for list in flags {
            hosts.add("--trust", list, &environment)?;
        }
        if let Some(list) = environment(TRUST_VARIABLE) {
            hosts.add(TRUST_VARIABLE, &list, &environment)?;
        }
        Ok(Self { hosts: Arc::new(hosts), ..Self::default() })
    }

    /// The same, with somebody who can be asked.
    #[must_use]
    pub fn asking(self, ask: Ask) -> Self {
        Self { ask: Some(ask), ..self }
    }

    /// Asks about what is not allowed yet, if there is somebody to ask.
    ///
    /// # Errors
    /// The answer cannot be remembered.
    pub(crate) fn ask(&self, root: &Path, disclosures: &[Disclosure]) -> Result<(), ApiError> {
        let open = self.not_allowed(root, disclosures);
        match self.ask.as_ref().filter(|_| !open.is_empty()).map(|ask| ask(&open)) {
            Some(permission) => self.allow(root, &open, permission),
            None => Ok(()),
        }
    }

    /// Notes an answer.
    ///
    /// # Errors
    /// It cannot be remembered. It is valid for this run all the same.
    pub(crate) fn allow(
        &self,
        root: &Path,
        disclosures: &[Disclosure],
        permission: Permission,
    ) -> Result<(), ApiError> {
        if permission == Permission::No {
            return Ok(());
        }
        let mut once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        for disclosure in disclosures {
            once.extend(disclosure.variables.iter().map(|name| (disclosure.origin.clone(), name.clone())));
        }
        drop(once);
        if permission == Permission::Always { store::remember(root, disclosures) } else { Ok(()) }
    }

    /// Returns what is not allowed, without what would be asked twice.
    pub(crate) fn not_allowed(&self, root: &Path, disclosures: &[Disclosure]) -> Vec<Disclosure> {
        let is_open = |disclosure: &&Disclosure| !disclosure.is_loopback && !self.hosts.contain(disclosure);
        let mut open: Vec<Disclosure> = disclosures.iter().filter(is_open).cloned().collect();
        if open.is_empty() {
            return open;
        }
        let remembered = store::remembered(root);
        let once = self.once.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain_mut(|Disclosure { variables, origin, .. }| {
            variables.retain(|name| {
                let is_remembered = remembered.get(origin).is_some_and(|names| names.contains(name));
                !is_remembered && !once.contains(&(origin.clone(), name.clone()))
            });
            !variables.is_empty()
        });
        open.sort();
        open.dedup();
        open
    }

    /// Checks that everything is allowed.
    ///
    /// # Errors
    /// [`Code::NotTrusted`], with what is not.
    pub(crate) fn check(&self, root: &Path, disclosures: &[Disclosure]) -> Result<(), ApiError> {
        let open = self.not_allowed(root, disclosures);
        if open.is_empty() { Ok(()) } else { Err(not_trusted(&open)) }
    }
}

/// Returns the error for variables that may not be sent.
fn not_trusted(open: &[Disclosure]) -> ApiError {
    let lines = open.iter().map(|one| format!("{} may not be sent to {} yet ({})", one.names(), one.host, one.place()));
    let hosts: BTreeSet<&str> = open.iter().map(Disclosure::trusted_as).collect();
    let hosts = hosts.into_iter().collect::<Vec<_>>().join(",");
    let quoted = if hosts.contains('$') { format!("\"{hosts}\"") } else { hosts };
    ApiError::new(Code::NotTrusted, lines.collect::<Vec<_>>().join("; "))
        .with_hint(format!("if you trust these files: --trust={quoted}, or set {TRUST_VARIABLE}={quoted}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disclosure(url: &str, variables: &[&str]) -> Disclosure {
        let address = Address::parse(url).unwrap();
        Disclosure {
            service: "shop".to_owned(),
            backend: "staging".to_owned(),
            host: origin(&address),
            variables: variables.iter().map(|name| (*name).to_owned()).collect(),
            line: 7,
            origin: origin(&address),
            is_loopback: address.is_loopback(),
        }
    }

    fn trusting(list: &str) -> Trust {
        let mut hosts = TrustedHosts::default();
        hosts.add("--trust", list, &|name| (name == "STAGE").then(|| "eu1".to_owned())).unwrap();
        Trust { hosts: Arc::new(hosts), ..Trust::default() }
    }

    fn is_allowed(trust: &Trust, url: &str) -> bool {
        trust.not_allowed(Path::new("/nowhere"), &[disclosure(url, &["A"])]).is_empty()
    }

    #[test]
    fn loopback_hosts_need_no_permission_and_names_that_a_name_server_answers_for_do() {
        let trust = Trust::default();
        for url in [
            "http://localhost:1",
            "https://127.0.0.1",
            "http://127.9.9.9:1",
            "http://[::1]:1",
            "http://s.localhost",
            "http://LocalHost",
            "http://x.LOCALHOST",
            "http://localhost.:1",
        ] {
            assert!(is_allowed(&trust, url), "{url}");
        }
        for url in [
            "http://staging.example.com",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://backend:8080",
            "http://10.0.0.5",
            "http://localhost..:1",
            "http://evillocalhost",
            "http://[fd00::1]",
            "http://127.1",
        ] {
            assert!(!is_allowed(&trust, url), "{url}");
        }
    }

    #[test]
    fn a_trusted_host_is_meant_with_its_port_where_it_has_one() {
        for (entry, allowed, others) in [
            (
                "a.example",
                &["https://a.example", "http://a.example:8080"][..],
                &["https://b.example", "https://x.a.example"][..],
            ),
            ("a.example:8443", &["https://a.example:8443"], &["https://a.example", "https://a.example:8444"]),
            (
                "https://a.example",
                &["https://a.example", "https://a.example:443"],
                &["http://a.example", "https://a.example:1"],
            ),
            ("A.example, b.example", &["http://a.example", "http://b.example"], &["http://c.example"]),
            ("[fd00::1]:80", &["http://[fd00::1]"], &["http://[fd00::2]"]),
            ("https://a.example/api/", &["https://a.example"], &[]),
            ("${STAGE}.example", &["https://eu1.example"], &["https://a.example"]),
            ("1", &["http://a.example", "https://10.0.0.5"], &[]),
            ("", &[], &["http://a.example"]),
        ] {
            let trust = trusting(entry);
            for url in allowed {
                assert!(is_allowed(&trust, url), "{entry}: {url}");
            }
            for url in others {
                assert!(!is_allowed(&trust, url), "{entry}: {url}");
            }
        }
        let error = TrustedHosts::default().add("--trust", "a.example,*", &|_| None).unwrap_err();
        assert_eq!(error.message, "--trust: `*` is no host");
    }

    #[test]
    fn an_answer_is_for_these_hosts_and_variables_alone() {
        let trust = Trust::default();
        let root = Path::new("/nowhere");
        trust.allow(root, &[disclosure("https://a.example", &["A", "B"])], Permission::Once).unwrap();
        trust.allow(root, &[disclosure("https://c.example", &["A"])], Permission::No).unwrap();
        let open = |url, names: &[&str]| {
            trust
                .not_allowed(root, &[disclosure(url, names)])
                .into_iter()
                .flat_map(|one| one.variables)
                .collect::<Vec<_>>()
        };
        assert!(open("https://a.example", &["A", "B"]).is_empty());
        assert_eq!(open("https://a.example", &["A", "C"]), ["C"]);
        assert_eq!(open("http://a.example", &["A"]), ["A"]);
        assert_eq!(open("https://c.example", &["A"]), ["A"]);
    }

    #[test]
    fn the_error_names_variables_hosts_and_what_to_set() {
        let error =
            not_trusted(&[disclosure("https://a.example", &["A", "B"]), disclosure("http://b.example:81", &["C"])]);
        assert_eq!(
            error.message,
            "${A}, ${B} may not be sent to https://a.example yet (understudy.yaml line 7, the backend `staging` of the service `shop`); \
             ${C} may not be sent to http://b.example:81 yet (understudy.yaml line 7, the backend `staging` of the service `shop`)"
        );
        let hint =
            "if you trust these files: --trust=a.example,b.example:81, or set UNDERSTUDY_TRUST=a.example,b.example:81";
        assert_eq!(error.hint.as_deref(), Some(hint));
    }
}
