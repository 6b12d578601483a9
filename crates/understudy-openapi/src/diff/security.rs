//! Credentials: the alternatives that are enough, and the scopes that they need.

use super::{Comparing, Here, rule};
use crate::document::{At, Node};
use crate::model::{Description, Operation, Scheme, SchemeKind};
use crate::request::Part;
use std::collections::{BTreeMap, BTreeSet};

/// Credentials that are enough together.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Alternative {
    /// The credentials that are sent, whatever the scheme's name is.
    credentials: BTreeSet<String>,
    /// The scopes that the credentials have to grant.
    scopes: BTreeSet<String>,
}

impl Alternative {
    /// Returns true if whoever has these credentials has those of another alternative.
    fn is_enough_for(&self, other: &Self) -> bool {
        self.has_credentials_of(other) && self.scopes.is_superset(&other.scopes)
    }

    fn has_credentials_of(&self, other: &Self) -> bool {
        self.credentials.is_superset(&other.credentials)
    }

    fn in_words(&self) -> String {
        let credentials = self.credentials.iter().cloned().collect::<Vec<_>>().join(" and ");
        match self.scopes.is_empty() {
            true => credentials,
            false => format!("{credentials} with {}", listed(&self.scopes)),
        }
    }
}

fn listed<'s>(scopes: impl IntoIterator<Item = &'s String>) -> String {
    let quoted: Vec<String> = scopes.into_iter().map(|scope| format!("`{scope}`")).collect();
    format!("the scope{} {}", if quoted.len() == 1 { "" } else { "s" }, quoted.join(" and "))
}

fn credentials(scheme: &Scheme) -> String {
    match &scheme.kind {
        SchemeKind::Key(place, name) => format!("{} {name}", Part::from(*place)),
        SchemeKind::Http(scheme) => format!("{scheme} credentials"),
        SchemeKind::Bearer => "a bearer token".to_owned(),
        SchemeKind::Unseen => format!("`{}`", scheme.name),
    }
}

/// The alternatives of an operation. None: nobody is asked.
fn alternatives(description: &Description, operation: &Operation) -> Vec<Alternative> {
    if operation.security.is_empty() {
        return Vec::new();
    }
    let root = description.documents.root();
    let at = description.documents.at(operation.at).get("security").or_else(|| root.get("security"));
    let alternative = |at: At<'_>| {
        let mut all = Alternative { credentials: BTreeSet::new(), scopes: BTreeSet::new() };
        for (name, scopes) in at.members() {
            let Some(scheme) = description.schemes.iter().find(|scheme| scheme.name == *name) else { continue };
            all.credentials.insert(credentials(scheme));
            all.scopes.extend(scopes.items().filter_map(At::string).map(std::borrow::Cow::into_owned));
        }
        all
    };
    at.into_iter().flat_map(At::items).map(alternative).collect()
}

impl Comparing<'_> {
    pub(super) fn security(&mut self, old: &Operation, new: &Operation, here: &Here) {
        let (before, after) = (alternatives(self.old, old), alternatives(self.new, new));
        let nodes = (Some(old.at), Some(new.at));
        let here = here.at("security");
        self.addresses(old, new, &here);
        match (before.is_empty(), after.is_empty()) {
            (true, true) => {}
            (true, false) => {
                let all: Vec<String> = after.iter().map(Alternative::in_words).collect();
                let message = format!("is asked for now: {}", all.join(", or "));
                self.tell(&here, &rule::SECURITY_ADDED, message, nodes);
            }
            (false, true) => self.tell(&here, &rule::SECURITY_REMOVED, "is not asked for any more", nodes),
            (false, false) => {
                // Who sends more than what is asked for sends what is asked for.
                let is_other =
                    |one: &&Alternative, known: &[Alternative]| !known.iter().any(|known| one.is_enough_for(known));
                for gone in before.iter().filter(|one| is_other(one, &after)) {
                    match after.iter().find(|one| gone.has_credentials_of(one)) {
                        Some(more) => {
                            let scopes = more.scopes.difference(&gone.scopes);
                            let message = format!("{} is asked for now", listed(scopes));
                            self.tell(&here, &rule::SECURITY_SCOPE_ADDED, message, nodes);
                        }
                        None => {
                            let message = format!("{} is not enough any more", gone.in_words());
                            self.tell(&here, &rule::SECURITY_ALTERNATIVE_REMOVED, message, nodes);
                        }
                    }
                }
                for added in after.iter().filter(|one| is_other(one, &before)) {
                    match before.iter().find(|one| added.has_credentials_of(one)) {
                        Some(more) => {
                            let scopes = more.scopes.difference(&added.scopes);
                            let message = format!("{} is not asked for any more", listed(scopes));
                            self.tell(&here, &rule::SECURITY_SCOPE_REMOVED, message, nodes);
                        }
                        None => {
                            let message = format!("{} is enough now", added.in_words());
                            self.tell(&here, &rule::SECURITY_ALTERNATIVE_ADDED, message, nodes);
                        }
                    }
                }
            }
        }
    }

    /// The addresses at which the tokens of an operation are to be had.
    fn addresses(&mut self, old: &Operation, new: &Operation, here: &Here) {
        let (before, after) = (addresses(self.old, old), addresses(self.new, new));
        // Where there were none, or are none, the credentials themselves are others.
        if before.is_empty() || after.is_empty() {
            return;
        }
        let at = after.values().next().copied();
        for (gone, node) in before.iter().filter(|(address, _)| !after.contains_key(*address)) {
            let message = format!("tokens are not to be had at {gone} any more");
            self.tell(here, &rule::SECURITY_ADDRESS_CHANGED, message, (Some(*node), at));
        }
    }
}

/// The members of a scheme, or of one of its flows, that are addresses.
const ADDRESSES: [&str; 5] =
    ["authorizationUrl", "tokenUrl", "refreshUrl", "openIdConnectUrl", "deviceAuthorizationUrl"];

/// The addresses of an operation's schemes, with the places where they stand.
fn addresses(description: &Description, operation: &Operation) -> BTreeMap<String, Node> {
    let root = description.documents.root();
    let schemes = root.below("components/securitySchemes").or_else(|| root.get("securityDefinitions"));
    let used = operation.security.iter().flatten().map(|place| description.schemes[*place].name.as_str());
    let schemes = used.filter_map(|name| schemes?.get(name)?.resolve().ok());
    let places = schemes.flat_map(|scheme| {
        let flows = scheme.get("flows").into_iter().flat_map(At::members).map(|(_, flow)| flow);
        std::iter::once(scheme).chain(flows)
    });
    let texts = places.flat_map(|at| ADDRESSES.iter().filter_map(move |name| at.get(name)));
    texts.filter_map(|at| Some((at.string()?.into_owned(), at.node))).collect()
}
