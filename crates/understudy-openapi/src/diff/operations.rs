//! Servers and operations: which one each was before.

use super::lifecycle::{Lifecycle, Lifecycles};
use super::{Comparing, Here, Nodes, Touched, rule};
use crate::model::Operation;
use std::collections::{HashMap, HashSet};

impl<'d> Comparing<'d> {
    pub(super) fn servers(&mut self) {
        let everything = Touched { name: String::new(), old: None, status: None };
        let here = Here { touched: everything, place: "servers".to_owned() };
        let nodes = (Some(self.old.documents.root().node), Some(self.new.documents.root().node));
        self.server_paths(&self.old.prefixes, &self.new.prefixes, &here, nodes);
    }

    /// Compares the servers of an operation that has its own.
    fn own_servers(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        if !(old.own_prefixes.is_empty() && new.own_prefixes.is_empty()) {
            let (before, after) = (self.old.prefixes_of(old), self.new.prefixes_of(new));
            self.server_paths(before, after, &here.at("servers"), (Some(old.at), Some(new.at)));
        }
    }

    fn server_paths(&mut self, old: &[String], new: &[String], here: &Here, nodes: Nodes) {
        for prefix in old.iter().filter(|prefix| !new.contains(prefix)) {
            let message = format!("no server has the path `{}` any more", if prefix.is_empty() { "/" } else { prefix });
            self.tell(here, &rule::SERVER_PATH_REMOVED, message, nodes);
        }
    }

    pub(super) fn operations(&mut self) {
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
                    let has_ended = Lifecycle::of([self.old.documents.at(old.at)]).has_ended(self.today);
                    let rule = if has_ended { &rule::OPERATION_REMOVED_AFTER_SUNSET } else { &rule::OPERATION_REMOVED };
                    self.tell(&here, rule, "is gone", (Some(old.at), None));
                }
            }
        }
        for (place, new) in self.new.operations.iter().enumerate() {
            if !taken.contains(&place) {
                let here = Here { touched: Touched { name: name(new), old: None, status: None }, place: String::new() };
                self.tell(&here, &rule::OPERATION_ADDED, "is new", (None, Some(new.at)));
            }
        }
    }

    fn operation(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
        self.lifecycle(here, Lifecycles::of_operations, (Some(old.at), Some(new.at)));
        self.own_servers(old, new, here);
        self.security(old, new, here);
        self.parameters(old, new, here);
        self.request_body(old, new, here);
        self.responses(old, new, here);
    }
}
