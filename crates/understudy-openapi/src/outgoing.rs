//! What a description says beyond requests and their answers: where an answer leads (links), and what a backend asks by itself
//! (callbacks and webhooks). It is shown; nothing is sent on its account.

use crate::document::At;
use crate::model::{Description, Operation, Status};
use crate::read::{DIAGNOSTICS_MAX, METHODS, WEBHOOKS};
use http::Method;
use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::HashSet;
use understudy_fixture::{Code, Diagnostic};

/// A request that can follow an answer (OpenAPI 3.1.1, "Link Object").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The answer.
    pub status: Status,
    /// What the link is called.
    pub name: String,
    /// The operation that it leads to: its name, or the reference to it where that is of another description.
    pub to: String,
    /// Its parameters, and what they are taken from: `$response.body#/id`.
    pub parameters: Vec<(String, String)>,
}

/// A request that the backend sends (OpenAPI 3.1.1, "Callback Object" and "Webhooks").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// What it is called.
    pub name: String,
    /// Its method.
    pub method: Method,
    /// Where it goes, taken from the request before it: `{$request.body#/url}`. Empty for webhooks, of which both sides agree
    /// elsewhere.
    pub url: String,
}

impl Description {
    /// Where an operation's answers lead.
    #[must_use]
    pub fn links(&self, operation: &Operation) -> Vec<Link> {
        let mut all = Vec::new();
        for response in &operation.responses {
            let links = self.documents.at(response.at).get("links").into_iter().flat_map(At::members);
            all.extend(links.filter_map(|(name, at)| self.link(response.status, &name, at)));
        }
        all
    }

    fn link(&self, status: Status, name: &str, at: At<'_>) -> Option<Link> {
        let at = at.resolve().ok()?;
        let to = match (at.text("operationId"), at.text("operationRef")) {
            (Some(id), _) => id.into_owned(),
            (None, Some(reference)) => self.operation_at(&reference).unwrap_or_else(|| reference.into_owned()),
            (None, None) => return None,
        };
        let parameters = at.get("parameters").into_iter().flat_map(At::members);
        let parameters = parameters.map(|(name, value)| {
            (name.into_owned(), value.scalar().map_or_else(|| value.to_value().to_string(), Cow::into_owned))
        });
        Some(Link { status, name: name.to_owned(), to, parameters: parameters.collect() })
    }

    /// The name of the operation that a reference within the description means: `#/paths/~1items~1{id}/get`.
    fn operation_at(&self, reference: &str) -> Option<String> {
        let (key, method) = reference.strip_prefix("#/paths/")?.rsplit_once('/')?;
        let key = understudy_exchange::target::percent_decode(key).replace("~1", "/").replace("~0", "~");
        let is_meant =
            |operation: &&Operation| operation.key() == key && operation.method.as_str().eq_ignore_ascii_case(method);
        self.operations.iter().find(is_meant).map(|operation| operation.name().to_owned())
    }

    /// What the backend asks on account of an operation.
    #[must_use]
    pub fn callbacks(&self, operation: &Operation) -> Vec<Outgoing> {
        let mut all = Vec::new();
        for (name, callback) in self.callback_objects(operation) {
            for (url, item) in callback.members().filter(|(url, _)| !url.starts_with("x-")) {
                outgoing(&name, &url, item, &mut all);
            }
        }
        all
    }

    /// The callback objects of an operation, by their names.
    fn callback_objects(&self, operation: &Operation) -> impl Iterator<Item = (Cow<'_, str>, At<'_>)> {
        let callbacks = self.documents.at(operation.at).get("callbacks").into_iter().flat_map(At::members);
        callbacks.filter_map(|(name, callback)| Some((name, callback.resolve().ok()?)))
    }

    /// What the backend asks by itself.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Outgoing> {
        let mut all = Vec::new();
        for (name, item) in self.webhook_items() {
            outgoing(&name, "", item, &mut all);
        }
        all
    }

    /// The path items of webhooks, by their names.
    fn webhook_items(&self) -> impl Iterator<Item = (Cow<'_, str>, At<'_>)> {
        let root = self.documents.root();
        WEBHOOKS.iter().filter_map(move |key| root.get(key)).flat_map(At::members)
    }

    /// The ids of the operations that the backend asks.
    fn outgoing_ids(&self) -> Vec<Cow<'_, str>> {
        let callbacks = self.operations.iter().flat_map(|operation| self.callback_objects(operation));
        let callbacks = callbacks.flat_map(|(_, callback)| callback.members());
        let items = callbacks.chain(self.webhook_items()).filter_map(|(_, item)| item.resolve().ok());
        items.flat_map(At::members).filter_map(|(_, operation)| operation.text("operationId")).collect()
    }

    /// A problem for each link that leads to no operation.
    pub(crate) fn lost_links(&self) -> Vec<Diagnostic> {
        // Most descriptions have no links: only those that do are looked through for what a link may name.
        let names: LazyCell<HashSet<Cow<'_, str>>, _> = LazyCell::new(|| {
            let own = self.operations.iter().map(|operation| Cow::Borrowed(operation.name()));
            own.chain(self.outgoing_ids()).collect()
        });
        let (mut problems, mut seen) = (Vec::new(), HashSet::new());
        let responses = self.operations.iter().flat_map(|operation| &operation.responses);
        // One that several operations share is looked at once.
        for response in responses.filter(|response| seen.insert(response.at)) {
            for (name, link) in self.documents.at(response.at).get("links").into_iter().flat_map(At::members) {
                // Where a `$ref` leads nowhere, that has been told.
                let Ok(link) = link.resolve() else { continue };
                let message = match (link.text("operationId"), link.text("operationRef")) {
                    (Some(id), _) if names.contains(&*id) => continue,
                    (Some(id), _) => format!("the link `{name}` leads nowhere: no operation is called `{id}`"),
                    (None, Some(reference)) if reference.starts_with("#/paths/") => {
                        if self.operation_at(&reference).is_some() {
                            continue;
                        }
                        format!("the link `{name}` leads nowhere: there is no operation at `{reference}`")
                    }
                    // Of another description.
                    (None, Some(_)) => continue,
                    (None, None) => {
                        format!("the link `{name}` names no operation: `operationId` does, or `operationRef`")
                    }
                };
                problems.push(link.warning(Code::BadOpenApi, message));
                // Finding a line costs a walk through the file.
                if problems.len() == DIAGNOSTICS_MAX {
                    return problems;
                }
            }
        }
        problems
    }
}

fn outgoing(name: &str, url: &str, item: At<'_>, all: &mut Vec<Outgoing>) {
    let Ok(item) = item.resolve() else { return };
    let methods = METHODS.iter().filter(|(key, _)| item.get(key).is_some());
    all.extend(methods.map(|(_, method)| Outgoing {
        name: name.to_owned(),
        method: method.clone(),
        url: url.to_owned(),
    }));
}
