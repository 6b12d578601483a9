//! Backends with the environment filled in.

use crate::error::{ApiError, Code};
use crate::project::Project;
use crate::root::{Refused, Root};
use crate::trust::{self, Disclosure, Trust};
use crate::userinfo;
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use std::collections::HashMap;
use understudy_contract::{Addresses, Backend, StatesEndpoint};
use understudy_exchange::redact::is_secret_header;
use understudy_exchange::{Origin, Origins};
use understudy_fixture::model::{self, EnvText, Service};
use understudy_net::{Address, Authorities, ShownAddress};

/// Gives a variable of the environment.
pub(crate) type Environment<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// A backend with the environment filled in, to which nothing can be sent yet. [`Locked::unlock`] is the only way to it.
pub(crate) struct Locked {
    backend: Backend,
    disclosures: Vec<Disclosure>,
}

impl Locked {
    /// The variables that the backend gets.
    pub(crate) fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// Returns the backend if its user allows that it gets the variables.
    ///
    /// # Errors
    /// [`Code::NotTrusted`]
    pub(crate) fn unlock(self, root: &Root, trust: &Trust) -> Result<Backend, ApiError> {
        trust.check(root, &self.disclosures)?;
        Ok(self.backend)
    }
}

/// The backend of a service that a person means: by name, by address, or the service's own. `None` where the
/// service has none and none was named.
///
/// # Errors
/// A name that the service does not have, a variable that is not set, an address that is none, a file of certificates that
/// cannot be read.
pub(crate) fn backend(
    project: &Project,
    service: &Service,
    named: Option<&str>,
    environment: &Environment<'_>,
) -> Result<Option<Locked>, ApiError> {
    match named {
        Some(address) if address.contains("://") => {
            let own = service.backends.iter().find(|backend| backend.url.text == address);
            // Its own address written out is still the backend that the project speaks of.
            own.map_or_else(|| bare(service, address, environment), |own| resolve(project, service, own, environment))
                .map(Some)
        }
        Some(name) => match service.backends.iter().find(|backend| backend.name == name) {
            Some(backend) => resolve(project, service, backend, environment).map(Some),
            None => {
                let known: Vec<&str> = service.backends.iter().map(|backend| backend.name.as_str()).collect();
                let message = format!("the service `{}` has no backend `{name}`", service.name);
                let hint = if known.is_empty() {
                    "it has none; name an address: --backend http://127.0.0.1:8080".to_owned()
                } else {
                    format!("it has {}; or name an address: --backend http://127.0.0.1:8080", known.join(", "))
                };
                Err(ApiError::new(Code::UnknownName, message).with_hint(hint))
            }
        },
        None => service.default_backend().map(|backend| resolve(project, service, backend, environment)).transpose(),
    }
}

/// Returns the backend at an address that a person named. Nothing of the project is sent there.
fn bare(service: &Service, address: &str, environment: &Environment<'_>) -> Result<Locked, ApiError> {
    let (address, authorization) = parse(address)?;
    let backend = Backend {
        name: address.to_string(),
        shown: address.to_string(),
        headers: authorization.map(|value| (AUTHORIZATION, value)).into_iter().collect(),
        vars: HashMap::new(),
        secrets: Vec::new(),
        writes: false,
        states: None,
        parallel: false,
        addresses: addresses(service, &address, environment),
        address,
    };
    Ok(Locked { backend, disclosures: Vec::new() })
}

/// The addresses of a service: those of its backends, those that it lists, and its own. An address with an unset
/// environment variable is left out: only a user of that backend needs the variable.
pub(crate) fn origins(service: &Service, environment: &Environment<'_>) -> Origins {
    let without_stand_in = Origins::new(listed(service, environment));
    // The stand-in has no path, and says nothing about the paths of the others.
    Origins::new(known(service, environment)).with_path(without_stand_in.path())
}

fn known(service: &Service, environment: &Environment<'_>) -> impl Iterator<Item = Origin> {
    listed(service, environment).chain(stand_in_address(service).and_then(|text| Origin::parse(&text)))
}

fn listed(service: &Service, environment: &Environment<'_>) -> impl Iterator<Item = Origin> {
    let written = written_addresses(service, environment).into_iter().map(|(text, _)| text);
    written.chain(own_address(service)).filter_map(|text| Origin::parse(&text))
}

/// The address that files contain in the place of one from the environment. It belongs to every service that has such an
/// address.
pub(crate) fn stand_in_address(service: &Service) -> Option<String> {
    let urls = service.backends.iter().map(|backend| &backend.url);
    urls.chain(&service.addresses).any(EnvText::is_secret).then(|| stand_in(service))
}

/// `http://petstore.localhost`
pub(crate) fn stand_in(service: &Service) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name = if service.name.chars().all(is_plain) { &*service.name } else { "service" };
    format!("http://{name}.localhost")
}

/// The stub's own address, if it has its own port. It belongs to the service whatever backends and addresses the
/// project lists.
pub(crate) fn own_address(service: &Service) -> Option<String> {
    (service.port != 0).then(|| format!("http://localhost:{}", service.port))
}

/// The addresses of a service as the project lists them, without the service's `base`. Users write the full address,
/// but stubs have the `base` too. The flag is true if the address uses the environment.
pub(crate) fn written_addresses(service: &Service, environment: &Environment<'_>) -> Vec<(String, bool)> {
    let filled = |text: &EnvText| {
        let url = text.resolve(environment).ok()?;
        Some((userinfo::without(&url).into_owned(), text.is_secret()))
    };
    let urls = service.backends.iter().filter_map(|backend| filled(&backend.url));
    let listed = service.addresses.iter().filter_map(filled).map(|(text, is_secret)| {
        let text = text.trim_end_matches('/');
        (text.strip_suffix(&*service.base).unwrap_or(text).to_owned(), is_secret)
    });
    urls.chain(listed).collect()
}

/// The addresses of a service that uses the backend at this address.
fn addresses(service: &Service, used: &Address, environment: &Environment<'_>) -> Addresses {
    let all = known(service, environment).chain(Origin::parse(&used.to_string()));
    let received = Origins::new(all).with_path(&used.path);
    let promised = received.clone().with_path(origins(service, environment).path());
    Addresses { promised, received }
}

/// The length from which on a word of a header's value is taken for a credential.
const SECRET_BYTES_MIN: usize = 7;

/// Returns the reason with the place as it is written, if the environment is in it: values are not shown.
fn of_written(refused: Refused, ca: &EnvText) -> Refused {
    match refused {
        Refused::Outside(_) if ca.is_secret() => Refused::Outside(ca.text.as_str().into()),
        other => other,
    }
}

/// Adds the line that names the certificates.
fn unreadable(mut error: ApiError, ca: &EnvText, backend: &model::Backend) -> ApiError {
    let place = format!("understudy.yaml line {}, `ca` of the backend `{}`", ca.span.line, backend.name);
    error.message = format!("{} ({place})", error.message);
    error
}

/// The maximum size of a file of certificates, in bytes: all that a system trusts has 200 kB.
const AUTHORITIES_BYTES_MAX: u64 = 4 << 20;

fn resolve(
    project: &Project,
    service: &Service,
    backend: &model::Backend,
    environment: &Environment<'_>,
) -> Result<Locked, ApiError> {
    let root = &project.root;
    let fill = |text: &EnvText| {
        text.resolve(environment).map_err(|name| {
            let place =
                format!("line {}, the backend `{}` of the service `{}`", text.span.line, backend.name, service.name);
            let message = format!("the environment variable {name} is not set (understudy.yaml {place})");
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            // The files may be somebody else's, and a shell would execute more than a name.
            let hint = match name.bytes().all(is_plain) && !name.is_empty() {
                true => format!("set it: export {name}=..."),
                false => "a variable's name has letters, digits and `_`".to_owned(),
            };
            ApiError::new(Code::MissingVariable, message).with_hint(hint)
        })
    };
    let mut headers = Vec::new();
    for (name, value) in &backend.headers {
        let parsed = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&fill(value)?));
        let (Ok(header), Ok(mut value)) = parsed else {
            let message = format!("the header `{name}` of the backend `{}` cannot be sent", backend.name);
            return Err(ApiError::new(Code::BadProject, message).with_hint("a header's value is one line of text"));
        };
        value.set_sensitive(true);
        headers.push((header, value));
    }
    let mut secrets = Vec::new();
    for (_, value) in backend.vars.iter().filter(|(_, value)| value.is_secret()) {
        secrets.push(fill(value)?);
    }
    for (_, value) in backend.headers.iter().filter(|(name, value)| value.is_secret() || is_secret_header(name)) {
        // A server that echoes a credential leaves its scheme out, and a short word such as `Bearer` is none.
        let value = fill(value)?;
        secrets.extend(value.split_whitespace().filter(|word| word.len() >= SECRET_BYTES_MIN).map(str::to_owned));
    }
    secrets.retain(|secret| !secret.is_empty());
    let (mut address, authorization) = parse_filled(&backend.url, &fill(&backend.url)?)?;
    // A server repeats the path and the user of its address. A host, a port and a path such as `/api` are no secrets.
    let is_credential = |value: &String| value.len() >= SECRET_BYTES_MIN && !value.contains('/');
    let host = trust::shown_host(&backend.url, &address);
    let beside_host = backend.url.variables().filter(|name| !host.contains(&format!("${{{name}}}")));
    secrets.extend(beside_host.filter_map(environment).filter(is_credential));
    if !headers.iter().any(|(name, _)| *name == AUTHORIZATION) {
        headers.extend(authorization.map(|value| (AUTHORIZATION, value)));
    }
    if let Some(ca) = &backend.ca {
        let (file, shown) = (root.join(fill(ca)?), root.join(&ca.text));
        let pem = root
            .read(&file, AUTHORITIES_BYTES_MAX)
            .map_err(|refused| unreadable(of_written(refused, ca).of_file(&shown, "read"), ca, backend))?;
        let trusted = Authorities::from_pem(&pem.bytes).map_err(|why| {
            ApiError::new(Code::BadProject, format!("{}: {why}", shown.display()))
                .with_hint(format!("`ca` of the backend `{}` names a PEM file of certificates", backend.name))
        })?;
        address.trusted = Some(trusted);
    }
    let vars = backend.vars.iter().map(|(name, value)| Ok((name.clone(), fill(value)?)));
    let addresses = addresses(service, &address, environment);
    let states = match &backend.states {
        Some(states) => Some((states, parse_filled(states, &fill(states)?)?)),
        None => None,
    };
    let at_states = states.as_ref().map(|(text, (address, _))| (*text, address));
    let disclosures = Disclosure::all(&project.settings, &service.name, backend, &address, at_states);
    let backend = Backend {
        name: backend.name.clone(),
        shown: address.shown(),
        address,
        headers,
        vars: vars.collect::<Result<_, ApiError>>()?,
        secrets,
        writes: backend.writes,
        states: states.map(|(_, (address, authorization))| StatesEndpoint { address, authorization }),
        parallel: backend.parallel,
        addresses,
    };
    Ok(Locked { backend, disclosures })
}

/// Reads an address that variables were filled in. Messages show it as it is written.
fn parse_filled(written: &EnvText, filled: &str) -> Result<(Address, Option<HeaderValue>), ApiError> {
    if !written.is_secret() {
        return parse(filled);
    }
    let shown = userinfo::without(&written.text);
    let unusable = |why: &str, hint: String| {
        let names: Vec<String> = written.variables().map(|name| format!("${{{name}}}")).collect();
        let message = format!("`{shown}` is no address of a backend once {} is filled in: {why}", names.join(", "));
        ApiError::new(Code::Usage, message).with_hint(hint)
    };
    let (text, authorization) = userinfo::split(filled).map_err(|error| unusable(&error.to_string(), error.hint()))?;
    let mut address = Address::parse(&text)
        .map_err(|error| unusable(error.why, "together they are an address like http://127.0.0.1:8080".to_owned()))?;
    address.shown = Some(ShownAddress::new(&shown));
    Ok((address, authorization))
}

/// Reads an address, and the header field for its user and password.
fn parse(text: &str) -> Result<(Address, Option<HeaderValue>), ApiError> {
    let (text, authorization) =
        userinfo::split(text).map_err(|error| ApiError::new(Code::Usage, error.to_string()).with_hint(error.hint()))?;
    let address = Address::parse(&text)
        .map_err(|error| ApiError::new(Code::Usage, error.to_string()).with_hint("like http://127.0.0.1:8080"))?;
    Ok((address, authorization))
}
