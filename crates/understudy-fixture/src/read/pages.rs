//! The pages and host names that may reach the backend of a service: `cors` and `hosts`.

use super::advice::shown;
use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::grammar;
use crate::source::{Node, Value};
use understudy_exchange::{HostName, PageOrigin};

impl Reader<'_> {
    /// Reads `cors`: a flag, or the pages that may reach a backend.
    pub(super) fn cors(&mut self, fields: &Fields<'_>) -> (bool, Vec<PageOrigin>) {
        let Some(node) = fields.get("cors") else { return (true, Vec::new()) };
        match &node.value {
            Value::Map(_) => {
                let fields = self.object(node, &grammar::CORS);
                let listed = fields.and_then(|fields| fields.get("origins"));
                let nodes = listed.and_then(|node| self.list(node, "`origins`")).unwrap_or_default();
                (true, nodes.iter().filter_map(|node| self.page_origin(node)).collect())
            }
            Value::Scalar(scalar) if !scalar.as_str().contains(['/', '*']) => {
                (self.field_flag(fields, "cors").unwrap_or(true), Vec::new())
            }
            Value::Scalar(_) | Value::List(_) => {
                let hint = match &node.value {
                    Value::Scalar(scalar) if scalar.as_str().contains('*') => {
                        "write cors: true; before a backend, list each page: cors: { origins: [https://app.example.com] }"
                            .to_owned()
                    }
                    Value::List(_) => format!("write cors: {{ origins: {} }}", shown(node)),
                    _ => format!("write cors: {{ origins: [{}] }}", shown(node)),
                };
                self.wrong_type_with_hint(node, "`cors` is true, false or a map", hint);
                (true, Vec::new())
            }
        }
    }

    fn page_origin(&mut self, node: &Node) -> Option<PageOrigin> {
        let text = self.text(node, "one of `origins`")?;
        let origin = PageOrigin::parse(&text);
        if origin.is_none() {
            let hint = match text.as_str() {
                "null" => {
                    "files and sandboxed frames of any site have it; open the page from http://localhost".to_owned()
                }
                text if text.contains('*') => "list each page: https://app.example.com".to_owned(),
                text => match PageOrigin::of_url(text) {
                    Some(origin) => format!("write {origin}"),
                    None => "an origin is https://HOST or https://HOST:PORT".to_owned(),
                },
            };
            self.report_with_hint(Code::BadValue, node.span, format!("`{text}` is not the origin of a page"), hint);
        }
        origin
    }

    /// Reads the names of this machine under which a backend may be reached.
    pub(super) fn hosts(&mut self, fields: &Fields<'_>) -> Vec<HostName> {
        let nodes = fields.get("hosts").and_then(|node| self.list(node, "`hosts`")).unwrap_or_default();
        let mut hosts = Vec::new();
        for node in nodes {
            let Some(text) = self.text(node, "one of `hosts`") else { continue };
            match HostName::parse(&text) {
                Some(host) => hosts.push(host),
                None => {
                    let of_url = || PageOrigin::of_url(&text).map(|origin| origin.host().clone());
                    let hint = match of_url().or_else(|| HostName::split(&text).map(|(host, _)| host)) {
                        Some(host) => format!("write {host}"),
                        None => "a host is a name or an address, without a port: shop.test".to_owned(),
                    };
                    self.report_with_hint(Code::BadValue, node.span, format!("`{text}` is not a host"), hint);
                }
            }
        }
        hosts
    }
}
