//! From a document to a [`Description`]. What is wrong costs what it is about, and a diagnostic.

mod operation;
mod others;
mod parameter;
pub(crate) mod path_key;
mod rules;
mod security;
mod swagger;

use crate::document::{At, Documents, Files, Lost, START};
use crate::model::{Description, Dialect, In, Operation, Parameter};
use crate::route::Routes;
use crate::schema::is_pattern;
use http::Method;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;
use understudy_fixture::{Code, Diagnostic};

/// How many problems of one description are told.
pub(crate) const DIAGNOSTICS_MAX: usize = 200;

pub(crate) const METHODS: [(&str, Method); 8] = [
    ("get", Method::GET),
    ("put", Method::PUT),
    ("post", Method::POST),
    ("delete", Method::DELETE),
    ("options", Method::OPTIONS),
    ("head", Method::HEAD),
    ("patch", Method::PATCH),
    ("trace", Method::TRACE),
];

/// The keys under which a description says what the backend asks by itself.
pub(crate) const WEBHOOKS: [&str; 2] = ["webhooks", "x-webhooks"];

impl Description {
    /// Reads a description and the files that it names.
    ///
    /// # Errors
    /// The problem that keeps the whole of it from being read: no such file, no YAML or JSON, no OpenAPI, a version that is
    /// not known. All other problems are in [`Description::diagnostics`].
    pub fn open(path: &str, files: &dyn Files) -> Result<Self, Box<Diagnostic>> {
        let (documents, diagnostics) = Documents::open(path, files)?;
        let dialect = dialect(documents.root())?;
        let unread = diagnostics.clone();
        let mut reader = Reader { documents: &documents, dialect, diagnostics, unread, schemes: Vec::new() };
        reader.references();
        reader.patterns();
        let root = documents.root();
        let title = root.get("info").and_then(|info| info.get("title")?.scalar()).map(Cow::into_owned);
        let title = title.unwrap_or_default();
        reader.read_schemes(root);
        let prefixes = reader.prefixes(root);
        let (operations, outgoing) = reader.operations(root);
        let is_checked = reader.rules(&operations);
        let Reader { mut diagnostics, unread, schemes, .. } = reader;
        let own = operations.iter().flat_map(|operation| &operation.own_prefixes);
        let mut other_prefixes: Vec<String> = own.filter(|prefix| !prefixes.contains(prefix)).cloned().collect();
        other_prefixes.sort();
        other_prefixes.dedup();
        let (routes, problems) = Routes::new(&operations, &documents);
        diagnostics.extend(problems);
        if operations.is_empty() && outgoing == 0 {
            let message = "the description has no operation: there is nothing under `paths`".to_owned();
            diagnostics.push(root.warning(Code::BadOpenApi, message));
        }
        let mut read = Self {
            dialect,
            title,
            prefixes,
            other_prefixes,
            operations,
            schemes,
            routes,
            diagnostics: Vec::new(),
            unread,
            is_checked,
            documents,
        };
        diagnostics.extend(read.lost_links());
        diagnostics.truncate(DIAGNOSTICS_MAX);
        read.diagnostics = diagnostics;
        Ok(read)
    }
}

/// Which version a document says it is.
fn dialect(root: At<'_>) -> Result<Dialect, Box<Diagnostic>> {
    let refused = |at: At<'_>, message: String| Err(Box::new(at.problem(Code::NotOpenApi, message).with_hint(START)));
    if !root.is_object() {
        return refused(root, "an OpenAPI description is a map".to_owned());
    }
    let (key, at) = match (root.get("openapi"), root.get("swagger")) {
        (Some(at), _) => ("openapi", at),
        (None, Some(at)) => ("swagger", at),
        (None, None) => {
            let Some(what) = others::other_format(root) else {
                return refused(root, "this is not an OpenAPI description: it has no `openapi`".to_owned());
            };
            let message = format!("this is {what}, and not an OpenAPI description");
            let hint = "`understudy import` makes fixtures of HTTP archives (.har) and OpenAPI descriptions";
            return Err(Box::new(root.problem(Code::NotOpenApi, message).with_hint(hint)));
        }
    };
    let version = at.scalar().unwrap_or_default();
    match (key, &*version) {
        ("swagger", "2.0" | "2") => Ok(Dialect::Swagger2),
        ("openapi", version) if version == "3.0" || version.starts_with("3.0.") => Ok(Dialect::OpenApi30),
        ("openapi", version) if ["3.1", "3.2"].iter().any(|known| is_version(version, known)) => Ok(Dialect::OpenApi31),
        (key, version) => {
            refused(at, format!("`{key}: {version}` is a version that is not known: 2.0, 3.0, 3.1 and 3.2 are"))
        }
    }
}

/// Returns true for `3.1` itself and `3.1.0`.
fn is_version(version: &str, known: &str) -> bool {
    version.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Reads one document.
pub(super) struct Reader<'d> {
    pub(super) documents: &'d Documents,
    pub(super) dialect: Dialect,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// The problems for which a part of the document is not known, or is not what was meant.
    unread: Vec<Diagnostic>,
    pub(super) schemes: Vec<crate::model::Scheme>,
}

impl<'d> Reader<'d> {
    /// Reports something that cannot be read as it was meant.
    pub(super) fn bad(&mut self, at: At<'_>, message: impl Into<String>) {
        self.lose(Code::BadOpenApi, at, message.into());
    }

    /// Reports something that breaks a rule, and is read as it was meant.
    pub(super) fn remark(&mut self, at: At<'_>, message: String) {
        // Finding a line costs a walk through the file.
        if self.diagnostics.len() < DIAGNOSTICS_MAX {
            self.diagnostics.push(at.warning(Code::BadOpenApi, message));
        }
    }

    fn lose(&mut self, code: Code, at: At<'_>, message: String) {
        let is_told = self.diagnostics.len() < DIAGNOSTICS_MAX;
        if is_told || self.unread.is_empty() {
            let problem = at.warning(code, message);
            self.unread.push(problem.clone());
            self.diagnostics.extend(is_told.then_some(problem));
        }
    }

    /// Every `$ref` leads somewhere, or is told of, once for each place that it would lead to. Files that cannot be read
    /// have been told of.
    fn references(&mut self) {
        let mut told = HashSet::new();
        for reference in self.documents.references() {
            let text = reference.string().unwrap_or_default();
            if self.diagnostics.len() >= DIAGNOSTICS_MAX || !told.insert(text.into_owned()) {
                continue;
            }
            if let Err(Lost { why, is_file: false }) = reference.follow() {
                self.lose(Code::BadReference, reference, why);
            }
        }
    }

    /// Every `pattern` can be used, or is told of, once.
    fn patterns(&mut self) {
        let mut told = HashSet::new();
        for at in self.documents.patterns() {
            let pattern = at.string().unwrap_or_default();
            if self.diagnostics.len() < DIAGNOSTICS_MAX && told.insert(pattern.clone()) && !is_pattern(&pattern) {
                let message = "this regular expression cannot be read, so nothing is held against it".to_owned();
                self.lose(Code::BadRegex, at, message);
            }
        }
    }

    /// A value, or what its `$ref` leads to; nothing where that is nowhere, which has been told.
    pub(super) fn resolved(&self, at: At<'d>) -> Option<At<'d>> {
        at.resolve().ok()
    }

    /// The paths of the servers' addresses.
    fn prefixes(&mut self, root: At<'d>) -> Vec<String> {
        let mut prefixes: Vec<String> = match self.dialect {
            Dialect::Swagger2 => {
                root.text("basePath").map(|path| path.trim_end_matches('/').to_owned()).into_iter().collect()
            }
            _ => self.servers(root),
        };
        if prefixes.is_empty() {
            prefixes.push(String::new());
        }
        prefixes
    }

    /// The paths of the addresses in an object's `servers`, each once.
    fn servers(&mut self, at: At<'d>) -> Vec<String> {
        let Some(servers) = at.get("servers") else { return Vec::new() };
        let mut prefixes = Vec::new();
        for server in servers.items() {
            match serde_json::from_value::<openapiv3::Server>(server.to_value()) {
                Ok(read) => {
                    prefixes.extend(paths_of(&read).iter().map(|path| path.trim_end_matches('/').to_owned()));
                }
                Err(error) => self.bad(server, format!("this server cannot be understood: {error}")),
            }
        }
        let mut known = Vec::new();
        prefixes.retain(|prefix: &String| {
            let is_new = !known.contains(prefix);
            known.push(prefix.clone());
            is_new
        });
        prefixes
    }

    fn operations(&mut self, root: At<'d>) -> (Vec<Operation>, usize) {
        let (mut operations, mut outgoing) = (Vec::new(), 0);
        for name in WEBHOOKS {
            outgoing += root.get(name).map_or(0, |hooks| hooks.members().len());
        }
        let Some(paths) = root.get("paths") else { return (operations, outgoing) };
        let mut seen = HashMap::new();
        for ((path, item), (_, name)) in paths.members().zip(paths.names()) {
            if path.starts_with("x-") {
                continue;
            }
            if seen.insert(path.clone(), ()).is_some() {
                self.bad(name, format!("the path `{path}` stands here twice: the first one is used"));
                continue;
            }
            let Some(item) = self.resolved(item) else { continue };
            if !item.is_object() {
                self.bad(item, format!("what `{path}` holds is no map of methods"));
                continue;
            }
            outgoing += self.path_item(&path, name, item, root, &mut operations);
        }
        (operations, outgoing)
    }

    /// The methods of a path: those with a key of their own, and those that OpenAPI 3.2 adds.
    fn methods(&mut self, item: At<'d>) -> Vec<(Cow<'d, str>, Method, At<'d>)> {
        let known = METHODS.iter().filter_map(|(name, method)| Some(((*name).into(), method.clone(), item.get(name)?)));
        let mut all: Vec<(Cow<'d, str>, Method, At<'d>)> = known.collect();
        let query = item.get("query").map(|at| (Cow::from("QUERY"), at));
        let others = item.get("additionalOperations").into_iter().flat_map(At::members);
        for (name, at) in query.into_iter().chain(others) {
            match Method::from_bytes(name.as_bytes()) {
                Ok(method) => all.push((name, method, at)),
                Err(_) => self.bad(at, format!("`{name}` cannot be a method")),
            }
        }
        all
    }

    /// The operations of one path; gives how many callbacks they have.
    fn path_item(
        &mut self,
        path: &str,
        name: At<'d>,
        item: At<'d>,
        root: At<'d>,
        operations: &mut Vec<Operation>,
    ) -> usize {
        let key = match path_key::parse(path) {
            Ok(key) => key,
            Err(message) => {
                self.bad(name, message);
                return 0;
            }
        };
        for ((key, at), (_, name)) in item.members().zip(item.names()) {
            // What has answers was meant to be an operation.
            let is_method = key == "query" || METHODS.iter().any(|(known, _)| *known == key);
            if !is_method && !key.starts_with("x-") && at.get("responses").is_some_and(At::is_object) {
                self.bad(
                    name,
                    format!(
                        "`{key}` is no method, and nothing answers it: write one of {}",
                        METHODS.map(|(name, _)| name).join(", ")
                    ),
                );
            }
        }
        let shared = self.parameters(item);
        let shared_prefixes = self.servers(item);
        let mut callbacks = 0;
        for (method_name, method, at) in self.methods(item) {
            if !at.is_object() {
                self.bad(at, format!("what `{method_name}` holds is no operation"));
                continue;
            }
            callbacks += at.get("callbacks").map_or(0, |callbacks| callbacks.members().len());
            let mut parameters = self.parameters(at);
            // An operation's own parameter takes the place of its path's.
            for parameter in &shared {
                if !parameters.iter().any(|own| own.name == parameter.name && own.place == parameter.place) {
                    parameters.push(parameter.clone());
                }
            }
            let (form, parameters): (Vec<Parameter>, Vec<Parameter>) =
                parameters.into_iter().partition(|parameter| parameter.place == In::Form);
            let body = match self.dialect {
                Dialect::Swagger2 => self.swagger_body(at, item, root, &form),
                _ => self.body(at),
            };
            let responses = self.responses(at, root);
            let mut own_prefixes = self.servers(at);
            if own_prefixes.is_empty() {
                own_prefixes.clone_from(&shared_prefixes);
            }
            let security = self.security(at.get("security").or_else(|| root.get("security")));
            let id = at.text("operationId").map(Cow::into_owned).filter(|id| !id.is_empty());
            operations.push(Operation {
                at: at.node,
                name: id.unwrap_or_else(|| format!("{method} {path}")),
                method,
                path: key.path.clone(),
                key: path.to_owned(),
                own_prefixes,
                matchers: key.matchers.clone(),
                parameters,
                body,
                responses,
                security,
                ready: OnceLock::new(),
            });
        }
        callbacks
    }
}

/// How long a server's path may be.
const PATH_BYTES_MAX: usize = 1_000;

/// The maximum number of paths of one server.
const PATHS_MAX: usize = 64;

/// The paths of a server's address, with each value that its variables may have, the defaults first. A variable without a default
/// says nothing.
fn paths_of(server: &openapiv3::Server) -> Vec<String> {
    let (mut urls, mut rest) = (vec![String::new()], server.url.as_str());
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(b, rest)| Some((b, rest.split_once('}')?)))
    {
        let Some((_, variable)) = server.variables.iter().flatten().find(|(known, _)| *known == name) else {
            return vec![String::new()];
        };
        let others = variable.enumeration.iter().filter(|value| **value != variable.default);
        let values: Vec<&String> = std::iter::once(&variable.default).chain(others).collect();
        let with = |url: &String| values.iter().map(|value| format!("{url}{before}{value}")).collect::<Vec<_>>();
        urls = urls.iter().flat_map(with).take(PATHS_MAX).collect();
        rest = after;
    }
    urls.iter().map(|url| path_of(&format!("{url}{rest}"))).collect()
}

/// The path of an address.
fn path_of(url: &str) -> String {
    let path = match url.split_once("//") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    let path = path.split(['?', '#']).next().unwrap_or("");
    if !path.starts_with('/') || path.len() > PATH_BYTES_MAX { String::new() } else { path.to_owned() }
}
