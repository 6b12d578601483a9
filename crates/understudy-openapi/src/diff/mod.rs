//! What changed between two versions of a description, and whom it breaks.
//!
//! One question decides everything: is what was allowed still allowed, and is nothing allowed that was not? In requests a
//! client is safe when all that it sends still is; in answers, when nothing comes that could not come before. For the
//! backend it is the other way round. So a schema is compared once, for what became wider and what became narrower
//! ([`schemas`]), and the direction says who has to care. What is merely new (an operation, a member that may be missing)
//! breaks nobody.

mod alternatives;
mod schemas;

use crate::document::{At, Node};
use crate::model::{Content, Description, In, Operation, Parameter, Response, SchemeKind, Status};
use crate::ready::names;
use crate::request::{Part, takes};
use crate::schema::{Direction, Types};
use http::StatusCode;
use schemas::{Effect, Schemas};
use std::collections::{HashMap, HashSet};

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of change it is: `answer-member-removed`. docs/openapi.md lists them.
    pub rule: String,
    /// Whether clients that keep to the old version break.
    pub consumers: bool,
    /// Whether backends that keep to the old version do not keep the new one.
    pub providers: bool,
    /// Where, as people say it: `answer 200 body /items/*/name`.
    pub place: String,
    /// What happened there, as a fragment: "is gone".
    pub message: String,
    /// Where the old version says so: `file#pointer`.
    pub old: Option<String>,
    /// Where the new version says so.
    pub new: Option<String>,
    /// What it is about, in the order of the document.
    pub touched: Vec<Touched>,
}

/// An operation that a change is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Touched {
    /// Its method and path: `GET /pets/{id}`.
    pub name: String,
    /// Its place in the old description's operations; `None` where it is new.
    pub old: Option<usize>,
    /// The status whose answers it is about; `None` where it is about requests, or all of it.
    pub status: Option<Status>,
}

impl Description {
    /// What changed from this version to a newer one: what breaks clients first, then what breaks backends, then the rest.
    #[must_use]
    pub fn changes(&self, new: &Self) -> Vec<Change> {
        let mut comparing = Comparing { old: self, new, schemas: Schemas::new(self, new), found: Vec::new() };
        comparing.servers();
        comparing.operations();
        let mut changes = comparing.grouped();
        // In the order of the document within each of the three.
        changes.sort_by_key(|change| (!change.consumers, !change.providers));
        changes
    }
}

/// Where a change was found.
struct Found {
    rule: String,
    consumers: bool,
    providers: bool,
    place: String,
    /// What tells it from others at the same places of the documents: of a schema the last part of its place, of all else all
    /// of it.
    own: String,
    message: String,
    old: Option<Node>,
    new: Option<Node>,
    touched: Touched,
}

/// Whom a change breaks.
#[derive(Debug, Clone, Copy)]
struct Breaks {
    consumers: bool,
    providers: bool,
}

const CONSUMERS: Breaks = Breaks { consumers: true, providers: false };
const PROVIDERS: Breaks = Breaks { consumers: false, providers: true };
const BOTH: Breaks = Breaks { consumers: true, providers: true };
const NOBODY: Breaks = Breaks { consumers: false, providers: false };

impl Effect {
    fn breaks(self, direction: Direction) -> Breaks {
        match (self, direction) {
            (Self::Added, _) => NOBODY,
            (Self::Gone, _) => CONSUMERS,
            (Self::Changed, _) => BOTH,
            (Self::Narrowed, Direction::Request) | (Self::Widened, Direction::Response) => CONSUMERS,
            (Self::Widened, Direction::Request) | (Self::Narrowed, Direction::Response) => PROVIDERS,
        }
    }
}

struct Comparing<'d> {
    old: &'d Description,
    new: &'d Description,
    schemas: Schemas<'d>,
    found: Vec<Found>,
}

/// Where something stands that is compared.
#[derive(Clone)]
struct Here {
    touched: Touched,
    place: String,
}

impl Here {
    fn at(&self, more: &str) -> Self {
        let space = if self.place.is_empty() { "" } else { " " };
        Self { place: format!("{}{space}{more}", self.place), ..self.clone() }
    }
}

impl<'d> Comparing<'d> {
    fn tell(&mut self, here: &Here, rule: &str, breaks: Breaks, message: String, nodes: (Option<Node>, Option<Node>)) {
        // What came and went is its operation's own, too.
        let name = if rule.starts_with("operation-") { here.touched.name.as_str() } else { "" };
        let own = format!("{name} {}", here.place);
        self.tell_one(here, rule, breaks, message, nodes, own);
    }

    fn tell_one(
        &mut self,
        here: &Here,
        rule: &str,
        breaks: Breaks,
        message: String,
        nodes: (Option<Node>, Option<Node>),
        own: String,
    ) {
        self.found.push(Found {
            own,
            rule: rule.to_owned(),
            consumers: breaks.consumers,
            providers: breaks.providers,
            place: here.place.clone(),
            message,
            old: nodes.0,
            new: nodes.1,
            touched: here.touched.clone(),
        });
    }

    fn servers(&mut self) {
        let everything = Touched { name: String::new(), old: None, status: None };
        let here = Here { touched: everything, place: "servers".to_owned() };
        let nodes = (Some(self.old.documents.root().node), Some(self.new.documents.root().node));
        self.server_paths(&self.old.prefixes, &self.new.prefixes, &here, nodes);
    }

    /// What happened to the servers of an operation, where they are its own.
    fn own_servers(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        if !(old.own_prefixes.is_empty() && new.own_prefixes.is_empty()) {
            let (before, after) = (self.old.prefixes_of(old), self.new.prefixes_of(new));
            self.server_paths(before, after, &here.at("servers"), (Some(old.at), Some(new.at)));
        }
    }

    fn server_paths(&mut self, old: &[String], new: &[String], here: &Here, nodes: (Option<Node>, Option<Node>)) {
        for prefix in old.iter().filter(|prefix| !new.contains(prefix)) {
            let message = format!("no server has the path `{}` any more", if prefix.is_empty() { "/" } else { prefix });
            self.tell(here, "server-path-removed", CONSUMERS, message, nodes);
        }
    }

    fn operations(&mut self) {
        let name = |operation: &Operation| format!("{} {}", operation.method, operation.key);
        // Parameters of a path may have other names now; where several operations differ in nothing else, the names count.
        let shape = |operation: &Operation| {
            let parts = operation.path.split('{').map(|part| part.rsplit('}').next().unwrap_or(part));
            format!("{} {} {:?}", operation.method, parts.collect::<Vec<_>>().join("{}"), operation.matchers)
        };
        let named: HashMap<String, usize> =
            self.new.operations.iter().enumerate().map(|(place, operation)| (name(operation), place)).collect();
        let mut matched: Vec<Option<usize>> =
            self.old.operations.iter().map(|operation| named.get(&name(operation)).copied()).collect();
        let mut taken: HashSet<usize> = matched.iter().flatten().copied().collect();
        let mut shaped: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, operation) in self.new.operations.iter().enumerate().rev() {
            if !taken.contains(&place) {
                shaped.entry(shape(operation)).or_default().push(place);
            }
        }
        for (operation, new) in self.old.operations.iter().zip(&mut matched).filter(|(_, new)| new.is_none()) {
            *new = shaped.get_mut(&shape(operation)).and_then(Vec::pop);
            taken.extend(*new);
        }
        for (place, (old, new)) in self.old.operations.iter().zip(matched).enumerate() {
            let touched = Touched { name: name(old), old: Some(place), status: None };
            let here = Here { touched, place: String::new() };
            match new {
                Some(new) => self.operation(old, &self.new.operations[new], &here),
                None => {
                    let message = "is gone".to_owned();
                    self.tell(&here, "operation-removed", CONSUMERS, message, (Some(old.at), None));
                }
            }
        }
        for (place, new) in self.new.operations.iter().enumerate() {
            if !taken.contains(&place) {
                let here = Here { touched: Touched { name: name(new), old: None, status: None }, place: String::new() };
                self.tell(&here, "operation-added", NOBODY, "is new".to_owned(), (None, Some(new.at)));
            }
        }
    }

    fn operation(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        let is_deprecated = |description: &Description, operation: &Operation| {
            description.documents.at(operation.at).flag("deprecated")
        };
        if is_deprecated(self.new, new) && !is_deprecated(self.old, old) {
            let nodes = (Some(old.at), Some(new.at));
            self.tell(here, "operation-deprecated", NOBODY, "is deprecated now".to_owned(), nodes);
        }
        self.own_servers(old, new, here);
        self.security(old, new, here);
        self.parameters(old, new, here);
        self.request_body(old, new, here);
        self.responses(old, new, here);
    }

    fn security(&mut self, old: &Operation, new: &Operation, here: &Here) {
        // By what is sent, whatever a scheme is called.
        let alternatives = |description: &Description, operation: &Operation| -> Vec<Vec<String>> {
            let scheme = |place: &usize| match &description.schemes[*place].kind {
                SchemeKind::Key(place, name) => format!("{} {name}", Part::from(*place)),
                SchemeKind::Http(scheme) => format!("{scheme} credentials"),
                SchemeKind::Bearer => "a bearer token".to_owned(),
                SchemeKind::Unseen => format!("`{}`", description.schemes[*place].name),
            };
            let mut all: Vec<Vec<String>> =
                operation.security.iter().map(|all| all.iter().map(scheme).collect()).collect();
            all.iter_mut().for_each(|all| all.sort());
            all
        };
        let (before, after) = (alternatives(self.old, old), alternatives(self.new, new));
        let nodes = (Some(old.at), Some(new.at));
        let here = here.at("security");
        let say = |all: &[String]| all.join(" and ");
        match (before.is_empty(), after.is_empty()) {
            (true, true) => {}
            (true, false) => {
                let all: Vec<String> = after.iter().map(|all| say(all)).collect();
                let message = format!("is asked for now: {}", all.join(", or "));
                self.tell(&here, "security-added", CONSUMERS, message, nodes);
            }
            (false, true) => {
                self.tell(&here, "security-removed", NOBODY, "is not asked for any more".to_owned(), nodes);
            }
            (false, false) => {
                // Who sends more than what is asked for sends what is asked for.
                let is_enough = |all: &Vec<String>, known: &[Vec<String>]| {
                    known.iter().any(|known| known.iter().all(|one| all.contains(one)))
                };
                for gone in before.iter().filter(|all| !is_enough(all, &after)) {
                    let message = format!("{} is not enough any more", say(gone));
                    self.tell(&here, "security-alternative-removed", CONSUMERS, message, nodes);
                }
                for added in after.iter().filter(|all| !is_enough(all, &before)) {
                    let message = format!("{} is enough now", say(added));
                    self.tell(&here, "security-alternative-added", NOBODY, message, nodes);
                }
            }
        }
    }

    fn parameters(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        let (old_names, new_names) = (names(&old.path), names(&new.path));
        // A path's parameters are known by their places, all others by their names.
        let key = |parameter: &Parameter, names: &[String]| match parameter.place {
            In::Path => {
                names.iter().position(|name| *name == parameter.name).map(|place| (In::Path, place.to_string()))
            }
            In::Header => Some((In::Header, parameter.name.to_ascii_lowercase())),
            place => Some((place, parameter.name.clone())),
        };
        let find = |all: &'d [Parameter], names: &[String], wanted: &(In, String)| {
            all.iter().find(|known| key(known, names).as_ref() == Some(wanted))
        };
        for before in &old.parameters {
            let Some(key) = key(before, &old_names) else { continue };
            let here = here.at(&format!("{} {}", Part::from(before.place), before.name));
            match find(&new.parameters, &new_names, &key) {
                Some(after) => self.parameter(before, after, &here),
                None => {
                    let nodes = (Some(before.at), Some(new.at));
                    self.tell(&here, "parameter-removed", CONSUMERS, "is gone".to_owned(), nodes);
                }
            }
        }
        for after in &new.parameters {
            let is_new = key(after, &new_names).is_some_and(|key| find(&old.parameters, &old_names, &key).is_none());
            let nodes = (Some(old.at), Some(after.at));
            let here = here.at(&format!("{} {}", Part::from(after.place), after.name));
            match after.required {
                _ if !is_new => {}
                true => {
                    let message = "is new, and has to be there".to_owned();
                    self.tell(&here, "required-parameter-added", CONSUMERS, message, nodes);
                }
                false => self.tell(&here, "optional-parameter-added", NOBODY, "is new".to_owned(), nodes),
            }
        }
    }

    fn parameter(&mut self, old: &Parameter, new: &Parameter, here: &Here) {
        let nodes = (Some(old.at), Some(new.at));
        match (old.required, new.required) {
            (false, true) => {
                let message = "has to be there now".to_owned();
                self.tell(here, "parameter-became-required", CONSUMERS, message, nodes);
            }
            (true, false) => {
                let message = "may be missing now".to_owned();
                self.tell(here, "parameter-became-optional", PROVIDERS, message, nodes);
            }
            _ => {}
        }
        let is_scalar = |description: &Description, parameter: &Parameter| {
            parameter.schema.is_none_or(|schema| {
                let schema = description.documents.at(schema);
                let schema = schema.resolve().unwrap_or(schema);
                let types = Types::of(schema);
                types != Types::ALL && !types.has(Types::ARRAY) && !types.has(Types::OBJECT)
            })
        };
        let written = |parameter: &Parameter| (parameter.style, parameter.explode, parameter.is_json);
        // One value is written alike in most styles.
        let is_alike = old.style == new.style && is_scalar(self.old, old) && is_scalar(self.new, new);
        if written(old) != written(new) && !(is_alike && old.is_json == new.is_json) {
            let message = "is written in another way now (`style`, `explode` or `content`)".to_owned();
            self.tell(here, "parameter-style-changed", BOTH, message, nodes);
        }
        self.schema(old.schema, new.schema, Direction::Request, here);
    }

    fn request_body(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        let here = here.at("body");
        match (&old.body, &new.body) {
            (None, None) => {}
            (None, Some(new)) if new.required => {
                let message = "is new, and has to be there".to_owned();
                self.tell(&here, "required-body-added", CONSUMERS, message, (Some(old.at), Some(new.at)));
            }
            (None, Some(new)) => {
                self.tell(&here, "optional-body-added", NOBODY, "is new".to_owned(), (Some(old.at), Some(new.at)));
            }
            (Some(old), None) => {
                self.tell(&here, "body-removed", CONSUMERS, "is gone".to_owned(), (Some(old.at), Some(new.at)));
            }
            (Some(old), Some(new)) => {
                let nodes = (Some(old.at), Some(new.at));
                match (old.required, new.required) {
                    (false, true) => {
                        let message = "has to be there now".to_owned();
                        self.tell(&here, "body-became-required", CONSUMERS, message, nodes);
                    }
                    (true, false) => {
                        let message = "may be missing now".to_owned();
                        self.tell(&here, "body-became-optional", PROVIDERS, message, nodes);
                    }
                    _ => {}
                }
                self.contents(&old.content, &new.content, nodes, Direction::Request, &here);
            }
        }
    }

    /// The media types of a body.
    fn contents(
        &mut self,
        old: &'d [Content],
        new: &'d [Content],
        nodes: (Option<Node>, Option<Node>),
        direction: Direction,
        here: &Here,
    ) {
        // One that is written so, or else one that takes it: `application/*`.
        let find = |all: &'d [Content], range: &str| {
            let exact = all.iter().find(|content| content.range == range);
            exact.or_else(|| all.iter().find(|content| content.range.contains('*') && takes(&content.range, range) > 0))
        };
        let side = side(direction);
        for before in old {
            let here = if old.len() > 1 { here.at(&before.written) } else { here.clone() };
            match find(new, &before.range) {
                Some(after) => {
                    self.schema(before.schema, after.schema, direction, &here);
                    self.form(before, after, &here);
                }
                None => {
                    let message = format!("{} is gone", before.written);
                    self.tell(
                        &here,
                        &format!("{side}-media-type-removed"),
                        CONSUMERS,
                        message,
                        (Some(before.at), nodes.1),
                    );
                }
            }
        }
        for after in new.iter().filter(|after| find(old, &after.range).is_none()) {
            let message = format!("{} is new", after.written);
            self.tell(here, &format!("{side}-media-type-added"), NOBODY, message, (nodes.0, Some(after.at)));
        }
    }

    /// The fields of a form, as Swagger 2.0 says them.
    fn form(&mut self, old: &'d Content, new: &'d Content, here: &Here) {
        let find = |all: &'d [Parameter], name: &str| all.iter().find(|field| field.name == name);
        for before in &old.form {
            let here = here.at(&before.name);
            match find(&new.form, &before.name) {
                Some(after) => self.parameter(before, after, &here),
                None => {
                    let nodes = (Some(before.at), Some(new.at));
                    self.tell(&here, "parameter-removed", CONSUMERS, "is gone".to_owned(), nodes);
                }
            }
        }
        for after in new.form.iter().filter(|field| find(&old.form, &field.name).is_none()) {
            let (here, nodes) = (here.at(&after.name), (Some(old.at), Some(after.at)));
            if after.required {
                let message = "is new, and has to be there".to_owned();
                self.tell(&here, "required-parameter-added", CONSUMERS, message, nodes);
            } else {
                self.tell(&here, "optional-parameter-added", NOBODY, "is new".to_owned(), nodes);
            }
        }
    }

    fn responses(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        let with = |status: Status| Here {
            touched: Touched { status: Some(status), ..here.touched.clone() },
            place: format!("answer {status}"),
        };
        let own = |operation: &'d Operation, status: Status| {
            let exact = operation.responses.iter().find(|response| response.status == status);
            // What has no words of its own any more may still be said of its kind.
            exact.or_else(|| match status {
                Status::Code(_) => operation.describing(status.example()).map(|nth| &operation.responses[nth]),
                Status::Class(_) => operation.responses.iter().find(|response| match response.status {
                    Status::Code(code) => StatusCode::from_u16(code).is_ok_and(|code| status.covers(code)),
                    _ => false,
                }),
                Status::Default => None,
            })
        };
        for before in &old.responses {
            let here = with(before.status);
            match own(new, before.status) {
                Some(after) => self.response(before, after, &here),
                None => {
                    let is_good = before.status.is_success() || matches!(before.status, Status::Code(300..=399));
                    let breaks = if is_good { CONSUMERS } else { PROVIDERS };
                    let message = "is gone".to_owned();
                    self.tell(&here, "answer-status-removed", breaks, message, (Some(before.at), Some(new.at)));
                }
            }
        }
        for after in &new.responses {
            if own(old, after.status).is_none() {
                let nodes = (Some(old.at), Some(after.at));
                self.tell(&with(after.status), "answer-status-added", NOBODY, "is new".to_owned(), nodes);
            }
        }
    }

    fn response(&mut self, old: &'d Response, new: &'d Response, here: &Here) {
        self.contents(&old.content, &new.content, (Some(old.at), Some(new.at)), Direction::Response, &here.at("body"));
        let find = |response: &'d Response, name: &str| {
            response.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, node)| *node)
        };
        for (name, before) in &old.headers {
            let here = here.at(&format!("header {name}"));
            let Some(after) = find(new, name) else {
                let nodes = (Some(*before), Some(new.at));
                self.tell(&here, "answer-header-removed", CONSUMERS, "is gone".to_owned(), nodes);
                continue;
            };
            let (at, to) = (self.old.documents.at(*before), self.new.documents.at(after));
            let nodes = (Some(*before), Some(after));
            match (at.flag("required"), to.flag("required")) {
                (true, false) => {
                    let message = "may be missing now".to_owned();
                    self.tell(&here, "answer-header-became-optional", CONSUMERS, message, nodes);
                }
                (false, true) => {
                    let message = "is always there now".to_owned();
                    self.tell(&here, "answer-header-became-required", PROVIDERS, message, nodes);
                }
                _ => {}
            }
            // In Swagger 2.0 a header is its own schema.
            let schema = |at: At<'_>| at.get("schema").map_or(at.node, |schema| schema.node);
            self.schema(Some(schema(at)), Some(schema(to)), Direction::Response, &here);
        }
        for (name, after) in new.headers.iter().filter(|(name, _)| find(old, name).is_none()) {
            let (here, nodes) = (here.at(&format!("header {name}")), (Some(old.at), Some(*after)));
            self.tell(&here, "answer-header-added", NOBODY, "is new".to_owned(), nodes);
        }
    }

    /// No schema allows everything, as an empty one does.
    fn schema(&mut self, old: Option<Node>, new: Option<Node>, direction: Direction, here: &Here) {
        for finding in self.schemas.compare(old, new, direction) {
            let own = finding.place.rsplit('/').next().unwrap_or_default().to_owned();
            let here = if finding.place.is_empty() { here.clone() } else { here.at(&finding.place) };
            let rule = format!("{}-{}", side(direction), finding.rule);
            let breaks = finding.effect.breaks(direction);
            self.tell_one(&here, &rule, breaks, finding.message, (finding.old, finding.new), own);
        }
    }

    /// What is said at one place of the documents is one change, whichever operations lead there.
    fn grouped(self) -> Vec<Change> {
        type Key = (String, String, Option<Node>, Option<Node>, String, bool, bool);
        let mut places: HashMap<Key, usize> = HashMap::new();
        let mut changes: Vec<(Change, HashSet<Touched>)> = Vec::new();
        let (old, new) = (&self.old.documents, &self.new.documents);
        for found in self.found {
            let own = found.own.clone();
            let key = (
                found.rule.clone(),
                found.message.clone(),
                found.old,
                found.new,
                own,
                found.consumers,
                found.providers,
            );
            let place = *places.entry(key).or_insert_with(|| {
                let change = Change {
                    rule: found.rule.clone(),
                    consumers: found.consumers,
                    providers: found.providers,
                    place: found.place.clone(),
                    message: found.message.clone(),
                    old: found.old.map(|node| old.at(node).pointer()),
                    new: found.new.map(|node| new.at(node).pointer()),
                    touched: Vec::new(),
                };
                changes.push((change, HashSet::new()));
                changes.len() - 1
            });
            let (change, known) = &mut changes[place];
            if known.insert(found.touched.clone()) {
                change.touched.push(found.touched);
            }
        }
        changes.into_iter().map(|(change, _)| change).collect()
    }
}

/// What rules about a direction begin with.
fn side(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "request",
        Direction::Response => "answer",
    }
}
