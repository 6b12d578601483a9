//! `understudy.yaml`.

use super::{Delay, Diff};
use crate::diagnostic::Span;
use std::time::Duration;
use understudy_exchange::{HostName, JsonPath, PageOrigin};

/// A folder of services.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Project {
    /// One shared port, with the services as `http://NAME.localhost:PORT`.
    pub port: Option<u16>,
    /// In the order of the file.
    pub services: Vec<Service>,
    /// What is hidden beside the built-in list.
    pub redact: Redact,
    /// The levels of changes in descriptions, and the accepted changes.
    pub diff: Diff,
}

/// What is hidden in reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redact {
    /// Names of header fields, in lower case.
    pub headers: Vec<String>,
    /// Members of JSON bodies.
    pub json: Vec<JsonPath>,
    /// Names of header fields, parameters, cookies and members whose values look like secrets and are not.
    pub keep: Vec<String>,
}

/// The value of `body_max` if the service has none, in bytes.
pub const BODY_MAX: usize = 64 << 20;

/// One HTTP service that is stood in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name; also the first label of its host on the shared port.
    pub name: String,
    /// The port it is served on; 0 is any free one.
    pub port: u16,
    /// The folder of its fixtures, relative to the project.
    pub dir: String,
    /// A prefix of every path: empty, or `/api`.
    pub base: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The agreed description, relative to `dir`.
    pub openapi: Option<String>,
    /// What is done about requests that are not what the description says, where it answers them.
    pub requests: Requests,
    /// What happens to requests.
    pub mode: Mode,
    /// The name of the backend that is used where none is named.
    pub backend: Option<String>,
    /// True if the CORS fields of responses are Understudy's, which let pages on other origins call
    /// the service.
    pub cors: bool,
    /// The pages that may reach a backend, beside those on this machine.
    pub origins: Vec<PageOrigin>,
    /// The names of this machine beside `localhost` under which a backend may be reached.
    pub hosts: Vec<HostName>,
    /// The meaning of a slash at the end of a path.
    pub trailing_slash: TrailingSlash,
    /// The delay of responses that name none.
    pub delay: Option<Delay>,
    /// The fixtures that run before those whose `verify` names none.
    pub after: Vec<String>,
    /// How long an answer may take where the fixture does not say.
    pub timeout: Option<Duration>,
    /// The maximum size in bytes of a request's body and of a verified response's body.
    pub body_max: usize,
    /// The real servers.
    pub backends: Vec<Backend>,
    /// Addresses of the service beside those of its backends.
    pub addresses: Vec<EnvText>,
}

/// What happens to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Fixtures answer, and nothing else.
    #[default]
    Mock,
    /// Fixtures answer; what matches none is forwarded.
    Passthrough,
    /// Everything is forwarded; fixtures answer where the backend does not.
    Fallback,
    /// Everything is forwarded, and recorded.
    Record,
}

/// The meaning of a slash at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrailingSlash {
    /// `/pets` and `/pets/` are two paths.
    #[default]
    Exact,
    /// A path with a slash at the end and the path without the slash are the same.
    Ignore,
}

/// What is done about requests that are not what an agreed description says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Requests {
    /// They are refused, with everything that is wrong.
    #[default]
    Refuse,
    /// They are answered, and what is wrong is told.
    Report,
    /// They are answered, and not looked at.
    Accept,
}

impl Mode {
    /// The word that it is written as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mock => "mock",
            Self::Passthrough => "passthrough",
            Self::Fallback => "fallback",
            Self::Record => "record",
        }
    }
}

/// A real server of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub url: EnvText,
    /// A PEM file of certificates to trust as well.
    pub ca: Option<EnvText>,
    /// Whether write methods may be sent there.
    pub writes: bool,
    /// Added to every request; names in lower case.
    pub headers: Vec<(String, EnvText)>,
    /// Values of `{{name}}`.
    pub vars: Vec<(String, EnvText)>,
    /// Where fixtures' `given` is posted to.
    pub states: Option<EnvText>,
    /// Whether write flows may run side by side.
    pub parallel: bool,
}

/// Text in which `${NAME}` stands for a variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvText {
    /// As it is written.
    pub text: String,
    /// Where it stands, for messages.
    pub span: Span,
}

/// A piece of a text.
enum Piece<'t> {
    Text(&'t str),
    /// The name of an environment variable.
    Variable(&'t str),
}

impl EnvText {
    /// The text with every `${NAME}` filled in.
    ///
    /// # Errors
    /// The name of the first variable that is not set.
    pub fn resolve(&self, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut out = String::new();
        for piece in self.pieces() {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Variable(name) => out.push_str(&environment(name).ok_or_else(|| name.to_owned())?),
            }
        }
        Ok(out)
    }

    /// The names of the variables, in the order of the text.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.pieces().filter_map(|piece| match piece {
            Piece::Variable(name) => Some(name),
            Piece::Text(_) => None,
        })
    }

    /// Returns true if the text takes anything from the environment.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.variables().next().is_some()
    }

    fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut rest = self.text.as_str();
        std::iter::from_fn(move || {
            let at = rest.find("${").filter(|at| rest[*at..].contains('}'));
            let end = match (at, rest.is_empty()) {
                (_, true) => return None,
                (Some(0), _) => {
                    let (name, after) = rest[2..].split_once('}')?;
                    rest = after;
                    return Some(Piece::Variable(name));
                }
                (at, _) => at.unwrap_or(rest.len()),
            };
            let (text, after) = rest.split_at(end);
            rest = after;
            Some(Piece::Text(text))
        })
    }
}

impl Service {
    /// Returns the path of a file of the service's folder, relative to the project.
    #[must_use]
    pub fn path_of(&self, file: &str) -> String {
        if self.dir.is_empty() { file.to_owned() } else { format!("{}/{file}", self.dir) }
    }
}
