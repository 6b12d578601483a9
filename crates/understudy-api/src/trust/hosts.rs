//! The hosts of `--trust` and `UNDERSTUDY_TRUST`.

use super::Disclosure;
use crate::error::{ApiError, Code};
use crate::resolve::Environment;
use understudy_exchange::{HostName, PageOrigin};
use understudy_fixture::Span;
use understudy_fixture::model::EnvText;

/// The entry that is every host.
const EVERY_HOST: &str = "1";

/// Hosts that may get variables.
#[derive(Debug, Default)]
pub(super) struct TrustedHosts {
    every: bool,
    hosts: Vec<TrustedHost>,
}

#[derive(Debug)]
enum TrustedHost {
    /// A host, with any scheme. `None` is any port.
    Host(HostName, Option<u16>),
    /// `https://staging.example.com`
    Origin(PageOrigin),
}

impl TrustedHosts {
    /// Adds a list of hosts. `source` is where it is written.
    ///
    /// # Errors
    /// [`Code::Usage`] for an entry that is no host.
    pub(super) fn add(&mut self, source: &str, list: &str, environment: &Environment<'_>) -> Result<(), ApiError> {
        let entries = list.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        for entry in entries {
            match parse(entry, environment) {
                _ if entry == EVERY_HOST => self.every = true,
                Some(host) => self.hosts.push(host),
                None => {
                    let message = format!("{source}: `{entry}` is no host");
                    let hint = format!(
                        "write hosts, with commas between them: {source}=staging.example.com,10.0.0.5:8080; \
                         {EVERY_HOST} is every host"
                    );
                    return Err(ApiError::new(Code::Usage, message).with_hint(hint));
                }
            }
        }
        Ok(())
    }

    pub(super) fn contain(&self, disclosure: &Disclosure) -> bool {
        let Some(origin) = PageOrigin::parse(&disclosure.origin) else { return self.every };
        let is_it = |trusted: &TrustedHost| match trusted {
            TrustedHost::Host(host, port) => {
                host == origin.host() && port.is_none_or(|port| origin.port() == Some(port))
            }
            TrustedHost::Origin(trusted) => *trusted == origin,
        };
        self.every || self.hosts.iter().any(is_it)
    }
}

/// Reads a host, or a host with its scheme. Variables in it are filled in: messages show them.
fn parse(entry: &str, environment: &Environment<'_>) -> Option<TrustedHost> {
    let written = EnvText { text: entry.to_owned(), span: Span { line: 1, column: 1, width: 1 } };
    let text = written.resolve(environment).ok()?;
    if text.contains("://") {
        // A whole address stands for its host.
        return PageOrigin::of_url(&text).map(TrustedHost::Origin);
    }
    HostName::split(&text).map(|(host, port)| TrustedHost::Host(host, port))
}
