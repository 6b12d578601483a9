//! `understudy.yaml`

use super::advice::{quoted, shown};
use super::{Fields, Reader};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::grammar;
use crate::model::{BODY_MAX, Backend, EnvText, Mode, Project, Redact, Requests, Service, TrailingSlash, parse_size};
use crate::source::{Entry, Node, Source, Value};
use understudy_exchange::{JsonPath, Origin};

/// Reads a project file. What is good is there even where something else is not: a service whose backend is
/// written wrong is still served.
#[must_use]
pub fn project(source: &Source) -> (Project, Vec<Diagnostic>) {
    let mut reader = Reader::new(source);
    let project = match source.parse() {
        Ok(root) => reader.project(&root),
        Err(diagnostic) => {
            reader.add(*diagnostic);
            Project::default()
        }
    };
    (project, reader.into_diagnostics())
}

impl Reader<'_> {
    /// A map of things by their names. For a list, the hint shows the map.
    fn named_maps<'n>(&mut self, node: &'n Node, key: &str, inner: &str) -> Option<Fields<'n>> {
        let (wanted, first) = (
            format!("`{key}` is a map"),
            match &node.value {
                Value::List(items) => items.first(),
                Value::Scalar(scalar) if !scalar.is_null() => Some(node),
                _ => None,
            },
        );
        let Some(first) = first else { return self.map(node, &format!("`{key}`")) };
        let name = match &first.value {
            Value::Map(entries) => entries.iter().find(|entry| entry.name.is("name")).map(|entry| shown(&entry.value)),
            Value::Scalar(scalar) if scalar.as_str().contains("://") => Some("local".to_owned()),
            Value::Scalar(_) => Some(shown(first)),
            Value::List(_) => None,
        };
        let name = name.unwrap_or_else(|| "NAME".to_owned());
        let hint = match first.scalar().filter(|scalar| scalar.as_str().contains("://")) {
            Some(url) => format!("write {key}: {{ {name}: {{ {inner}: {} }} }}", quoted(url.as_str())),
            None => format!("write {key}: {{ {name}: {{ ... }} }}"),
        };
        self.wrong_type_with_hint(node, &wanted, hint);
        None
    }

    fn project(&mut self, root: &Node) -> Project {
        let Some(fields) = self.object(root, &grammar::PROJECT) else { return Project::default() };
        match fields.get("version") {
            Some(node) => {
                self.whole(node, "`version`", 1, 1);
            }
            None => self.report_with_hint(
                Code::MissingKey,
                Span { line: 1, column: 1, width: 1 },
                "a project needs a `version`",
                "version: 1",
            ),
        }
        let port = fields.get("port").and_then(|node| self.whole(node, "`port`", 0, 65_535));
        let services = match fields.get("services").and_then(|node| self.named_maps(node, "services", "dir")) {
            Some(services) => services.entries().iter().filter_map(|entry| self.service(entry)).collect(),
            None => {
                if fields.get("services").is_none() {
                    self.report(Code::MissingKey, fields.span, "a project needs `services`");
                }
                Vec::new()
            }
        };
        let project = Project {
            port: port.and_then(|port| u16::try_from(port).ok()),
            services,
            redact: self.redact(&fields),
            diff: self.diff(&fields),
        };
        self.check_ports(&fields, &project);
        project
    }

    fn check_ports(&mut self, fields: &Fields<'_>, project: &Project) {
        let taken = |at: usize, port: u16| {
            project.port == Some(port) || project.services[..at].iter().any(|service| service.port == port)
        };
        let clashes: Vec<String> = (0..project.services.len())
            .filter(|at| project.services[*at].port != 0 && taken(*at, project.services[*at].port))
            .map(|at| project.services[at].name.clone())
            .collect();
        let Some(Value::Map(services)) = fields.get("services").map(|node| &node.value) else { return };
        for entry in services.iter().filter(|entry| clashes.iter().any(|name| entry.name.is(name))) {
            let message = format!("another service has the port of `{}`", entry.name.as_str());
            self.report(Code::BadValue, entry.span, message);
        }
    }

    fn service(&mut self, entry: &Entry) -> Option<Service> {
        let name = entry.name.as_str().to_owned();
        let valid = !name.is_empty()
            && name.len() <= 63
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !valid {
            let message = format!("`{name}` cannot be the name of a service");
            self.report_with_hint(
                Code::BadValue,
                entry.span,
                message,
                "letters, digits, `-` and `_`: it is also a host name",
            );
            return None;
        }
        if let Some(scalar) = entry.value.scalar().filter(|scalar| !scalar.is_null()) {
            let text = scalar.as_str();
            let key = match text.parse::<u16>() {
                Ok(_) => "port",
                Err(_) if text.contains("://") => "backends: { local: { url",
                Err(_) => "dir",
            };
            if grammar::SERVICE.keys.iter().any(|key| key.name == name) {
                let hint = format!("the service's name comes first: services: {{ NAME: {{ {name}: {text} }} }}");
                self.wrong_type_with_hint(&entry.value, "a service is a map", hint);
                return None;
            }
            let closing = if key.contains('{') { " } }" } else { "" };
            let hint = format!("write {name}: {{ {key}: {}{closing} }}", shown(&entry.value));
            self.wrong_type_with_hint(&entry.value, "a service is a map", hint);
            return None;
        }
        // A name alone is a service with the defaults.
        let nothing = Node { span: entry.value.span, value: Value::Map(Vec::new()) };
        let value = if entry.value.scalar().is_some() { &nothing } else { &entry.value };
        let fields = self.object(value, &grammar::SERVICE)?;
        let defaults = fields.get("verify").and_then(|node| self.object(node, &grammar::SERVICE_VERIFY));
        let port = fields.get("port").and_then(|node| self.whole(node, "`port`", 0, 65_535)).unwrap_or(0);
        let backends = match fields.get("backends").and_then(|node| self.named_maps(node, "backends", "url")) {
            Some(backends) => backends.entries().iter().filter_map(|entry| self.backend(entry)).collect(),
            None => Vec::new(),
        };
        let (cors, origins) = self.cors(&fields);
        let service = Service {
            port: u16::try_from(port).unwrap_or(0),
            dir: self.dir(&fields).unwrap_or_else(|| format!("fixtures/{name}")),
            base: self.base(&fields),
            owner: self.field_text(&fields, "owner"),
            openapi: self.field_text(&fields, "openapi"),
            requests: self.requests(&fields),
            mode: self.mode(&fields),
            backend: self.field_text(&fields, "backend"),
            cors,
            origins,
            hosts: self.hosts(&fields),
            trailing_slash: self.trailing_slash(&fields),
            delay: fields.get("delay").and_then(|node| self.delay(node)),
            after: defaults.and_then(|d| d.get("after")).map_or_else(Vec::new, |node| self.texts(node, "`after`")),
            timeout: defaults.and_then(|defaults| self.field_duration(&defaults, "timeout")),
            body_max: self.body_max(&fields),
            backends,
            addresses: self.addresses(&fields),
            name,
        };
        self.check_backend(&fields, &service);
        Some(service)
    }

    fn check_backend(&mut self, fields: &Fields<'_>, service: &Service) {
        let known: Vec<&str> = service.backends.iter().map(|backend| backend.name.as_str()).collect();
        if let (Some(name), Some(node)) = (&service.backend, fields.get("backend"))
            && !known.contains(&name.as_str())
        {
            let message = format!("the service has no backend `{name}`");
            let hint = match super::reader::nearest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("write its address under backends: {{{name}: {{url: http://127.0.0.1:8080}}}}"),
            };
            self.report_with_hint(Code::BadValue, node.span, message, hint);
        }
        if let Some(node) = fields.get("mode")
            && service.mode != Mode::Mock
            && service.default_backend().is_none()
        {
            let message = format!("mode {} needs a backend", service.mode.as_str());
            self.report_with_hint(Code::MissingKey, node.span, message, "name one of `backends` with `backend`");
        }
    }

    fn trailing_slash(&mut self, fields: &Fields<'_>) -> TrailingSlash {
        let Some(node) = fields.get("trailing_slash") else { return TrailingSlash::Exact };
        match self.word(node, "`trailing_slash`", grammar::TRAILING_SLASH) {
            Some("ignore") => TrailingSlash::Ignore,
            _ => TrailingSlash::Exact,
        }
    }

    fn mode(&mut self, fields: &Fields<'_>) -> Mode {
        let Some(node) = fields.get("mode") else { return Mode::Mock };
        match self.word(node, "`mode`", grammar::MODES) {
            Some("passthrough") => Mode::Passthrough,
            Some("fallback") => Mode::Fallback,
            Some("record") => Mode::Record,
            _ => Mode::Mock,
        }
    }

    fn requests(&mut self, fields: &Fields<'_>) -> Requests {
        let Some(node) = fields.get("requests") else { return Requests::Refuse };
        match self.word(node, "`requests`", grammar::REQUESTS) {
            Some("report") => Requests::Report,
            Some("accept") => Requests::Accept,
            _ => Requests::Refuse,
        }
    }

    /// Reads the folder without `./` before and `/` behind it. The project's own folder is the empty path.
    fn dir(&mut self, fields: &Fields<'_>) -> Option<String> {
        let written = self.field_text(fields, "dir")?;
        let mut dir = written.trim_end_matches('/');
        while let Some(rest) = dir.strip_prefix("./") {
            dir = rest;
        }
        let is_own = dir == "." || dir.is_empty() && !written.starts_with('/');
        Some(if is_own {
            String::new()
        } else if dir.is_empty() {
            written
        } else {
            dir.to_owned()
        })
    }

    fn base(&mut self, fields: &Fields<'_>) -> String {
        let Some(base) = self.field_text(fields, "base") else { return String::new() };
        let base = base.trim_end_matches('/').to_owned();
        if !base.is_empty() && (!base.starts_with('/') || base.contains(['{', '?', '#'])) {
            let span = fields.get("base").map_or(fields.span, |node| node.span);
            self.report(Code::BadPath, span, "`base` is a plain path that starts with `/`");
        }
        base
    }

    fn body_max(&mut self, fields: &Fields<'_>) -> usize {
        let Some(node) = fields.get("body_max") else { return BODY_MAX };
        let Some(text) = self.text(node, "`body_max`") else { return BODY_MAX };
        parse_size(&text).unwrap_or_else(|| {
            let hint = "a number with a unit: 64MiB, 200MB, 1GB; at most 4GiB";
            self.report_with_hint(Code::BadValue, node.span, format!("`{text}` is no size"), hint);
            BODY_MAX
        })
    }

    fn addresses(&mut self, fields: &Fields<'_>) -> Vec<EnvText> {
        let nodes = fields.get("addresses").and_then(|node| self.list(node, "`addresses`")).unwrap_or_default();
        let mut addresses = Vec::new();
        for node in nodes {
            let Some(address) = self.env_text(node, "one of `addresses`") else { continue };
            if !address.is_secret() && Origin::parse(&address.text).is_none() {
                let message = format!("`{}` is not an address", address.text);
                let hint = "an address is https://HOST, https://HOST:PORT or https://HOST/PATH";
                self.report_with_hint(Code::BadValue, address.span, message, hint);
                continue;
            }
            addresses.push(address);
        }
        addresses
    }

    fn backend(&mut self, entry: &Entry) -> Option<Backend> {
        if let Some(scalar) = entry.value.scalar().filter(|scalar| !scalar.is_null()) {
            let hint = format!("write {}: {{ url: {} }}", entry.name.as_str(), quoted(scalar.as_str()));
            self.wrong_type_with_hint(&entry.value, "a backend is a map", hint);
            return None;
        }
        let fields = self.object(&entry.value, &grammar::BACKEND)?;
        let Some(url) = fields.get("url").and_then(|node| self.env_text(node, "`url`")) else {
            if fields.get("url").is_none() {
                self.report(Code::MissingKey, entry.span, "a backend needs a `url`");
            }
            return None;
        };
        let states = fields.get("states").and_then(|node| self.env_text(node, "`states`"));
        for address in [Some(&url), states.as_ref()].into_iter().flatten() {
            if !["http://", "https://", "h2c://", "${"].iter().any(|start| address.text.starts_with(start)) {
                let message = format!("`{}` is no address", address.text);
                let hint = "an address starts with http://, https:// or h2c:// (HTTP/2 without TLS)";
                self.report_with_hint(Code::BadValue, address.span, message, hint);
            }
        }
        let headers = self.env_texts(&fields, "headers");
        Some(Backend {
            name: entry.name.as_str().to_owned(),
            url,
            ca: fields.get("ca").and_then(|node| self.env_text(node, "`ca`")),
            writes: self.field_flag(&fields, "writes").unwrap_or(false),
            headers: headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
            vars: self.env_texts(&fields, "vars"),
            states,
            parallel: self.field_flag(&fields, "parallel").unwrap_or(false),
        })
    }

    fn env_texts(&mut self, fields: &Fields<'_>, name: &str) -> Vec<(String, EnvText)> {
        let Some(map) = fields.get(name).and_then(|node| self.map(node, &format!("`{name}`"))) else {
            return Vec::new();
        };
        let entries = map.entries().iter();
        entries
            .filter_map(|entry| {
                Some((entry.name.as_str().to_owned(), self.env_text(&entry.value, &format!("one of `{name}`"))?))
            })
            .collect()
    }

    fn env_text(&mut self, node: &Node, what: &str) -> Option<EnvText> {
        self.text(node, what).map(|text| EnvText { text, span: node.span })
    }

    fn redact(&mut self, fields: &Fields<'_>) -> Redact {
        let Some(fields) = fields.get("redact").and_then(|node| self.object(node, &grammar::REDACT)) else {
            return Redact::default();
        };
        let headers = self.field_texts(&fields, "headers").iter().map(|name| name.to_ascii_lowercase()).collect();
        let mut json = Vec::new();
        for node in fields.get("json").and_then(|node| self.list(node, "`json`")).unwrap_or_default() {
            let Some(text) = self.text(node, "one of `json`") else { continue };
            match JsonPath::parse(&text) {
                Ok(path) => json.push(path),
                Err(error) => self.report(Code::BadJsonPath, node.span, format!("`{text}` is no JSONPath: {error}")),
            }
        }
        Redact { headers, json, keep: self.field_texts(&fields, "keep") }
    }
}

impl Service {
    /// The backend that is used where none is named: the one that `backend` names, or the only one.
    #[must_use]
    pub fn default_backend(&self) -> Option<&Backend> {
        match &self.backend {
            Some(name) => self.backends.iter().find(|backend| backend.name == *name),
            None => match self.backends.as_slice() {
                [backend] => Some(backend),
                _ => None,
            },
        }
    }
}
