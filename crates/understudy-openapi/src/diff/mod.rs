//! What changed between two versions of a description, and whom it breaks.
//!
//! One question decides everything: is what was allowed still allowed, and is nothing allowed that was not? In requests a
//! client is safe when all that it sends still is; in answers, when nothing comes that could not come before. For the
//! backend it is the other way round. So a schema is compared once, for what became wider and what became narrower
//! ([`schemas`]), and the direction says who has to care. What is merely new (an operation, a member that may be missing)
//! breaks nobody. [`rule`] lists every kind of change.

mod alternatives;
mod bodies;
mod conditions;
mod discriminators;
mod elements;
mod encoding;
mod forms;
mod lifecycle;
mod limits;
mod members;
mod operations;
mod parameters;
mod responses;
mod rule;
mod schemas;
mod security;
mod values;

pub use rule::{Level, Rule};

use crate::document::Node;
use crate::model::{Description, Status};
use crate::schema::Direction;
use rule::{Breaks, PlainRule};
use schemas::Schemas;
use std::collections::{HashMap, HashSet};

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The id of its rule: `answer-member-removed`. docs/openapi.md lists them.
    pub rule: String,
    /// True if clients that keep to the old version break.
    pub consumers: bool,
    /// True if backends that keep to the old version do not keep the new one.
    pub providers: bool,
    /// The level of its rule.
    pub level: Level,
    /// Where, as people say it: `answer 200 body /items/*/name`.
    pub place: String,
    /// What happened there, as a fragment: "is gone".
    pub message: String,
    /// The place in the old version: `file#pointer`.
    pub old: Option<String>,
    /// The place in the new version.
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
    /// `today` is the day as `YYYY-MM-DD`: what ends on an announced day may be gone after it.
    #[must_use]
    pub fn changes(&self, new: &Self, today: &str) -> Vec<Change> {
        let schemas = Schemas::new(self, new, today);
        let mut comparing = Comparing { old: self, new, today, schemas, found: Vec::new() };
        comparing.servers();
        comparing.operations();
        let mut changes = comparing.grouped();
        // In the order of the document within each group.
        changes.sort_by_key(|change| (!change.consumers, !change.providers, change.level));
        changes
    }
}

/// Where a change was found.
struct Found {
    rule: String,
    breaks: Breaks,
    place: String,
    /// What tells it from others at the same places of the documents: of a schema the last part of its place, of all else all
    /// of it.
    own: String,
    message: String,
    old: Option<Node>,
    new: Option<Node>,
    touched: Touched,
}

/// The places in both versions that a change is about.
type Nodes = (Option<Node>, Option<Node>);

struct Comparing<'d> {
    old: &'d Description,
    new: &'d Description,
    today: &'d str,
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

impl Comparing<'_> {
    fn tell(&mut self, here: &Here, rule: &PlainRule, message: impl Into<String>, nodes: Nodes) {
        self.tell_as(here, rule, rule.breaks, message, nodes);
    }

    /// Reports a change whose rule does not break the same side everywhere.
    fn tell_as(&mut self, here: &Here, rule: &PlainRule, breaks: Breaks, message: impl Into<String>, nodes: Nodes) {
        // What came and went is its operation's own, too.
        let name = if rule.id.starts_with("operation-") { here.touched.name.as_str() } else { "" };
        self.found.push(Found {
            own: format!("{name} {}", here.place),
            rule: rule.id.to_owned(),
            breaks,
            place: here.place.clone(),
            message: message.into(),
            old: nodes.0,
            new: nodes.1,
            touched: here.touched.clone(),
        });
    }

    /// No schema allows everything, as an empty one does.
    fn schema(&mut self, old: Option<Node>, new: Option<Node>, direction: Direction, here: &Here) {
        for finding in self.schemas.compare(old.into_iter().collect(), new.into_iter().collect(), direction) {
            let place = if finding.place.is_empty() { here.clone() } else { here.at(&finding.place) };
            self.found.push(Found {
                own: finding.place.rsplit('/').next().unwrap_or_default().to_owned(),
                rule: finding.rule.id(direction),
                breaks: finding.rule.effect.breaks(direction),
                place: place.place,
                message: finding.message,
                old: finding.old,
                new: finding.new,
                touched: here.touched.clone(),
            });
        }
    }

    /// What is said at one place of the documents is one change, whichever operations lead there.
    fn grouped(self) -> Vec<Change> {
        type Key = (String, String, Option<Node>, Option<Node>, String, bool, bool);
        let mut places: HashMap<Key, usize> = HashMap::new();
        let mut changes: Vec<(Change, HashSet<Touched>)> = Vec::new();
        let (old, new) = (&self.old.documents, &self.new.documents);
        for found in self.found {
            let Breaks { consumers, providers, level } = found.breaks;
            let key = (
                found.rule.clone(),
                found.message.clone(),
                found.old,
                found.new,
                found.own.clone(),
                consumers,
                providers,
            );
            let place = *places.entry(key).or_insert_with(|| {
                let change = Change {
                    rule: found.rule.clone(),
                    consumers,
                    providers,
                    level,
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
