//! `when:` and `set:`, of fixtures and of their responses.

use super::advice::quoted;
use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::model::When;
use crate::source::{Entry, Node};

impl Reader<'_> {
    /// The map of states; `cart=empty`, as the command line has it, is shown as one.
    fn states<'n>(&mut self, node: &'n Node, key: &str) -> Option<Fields<'n>> {
        let pair = node.scalar().and_then(|scalar| scalar.as_str().split_once(['=', ':']));
        if let Some((name, value)) = pair {
            let hint = format!("write {key}: {{ {}: {} }}", quoted(name.trim()), quoted(value.trim()));
            self.wrong_type_with_hint(node, &format!("`{key}` is a map"), hint);
            return None;
        }
        self.map(node, &format!("`{key}`"))
    }

    pub(super) fn when(&mut self, node: Option<&Node>) -> Vec<When> {
        let Some(fields) = node.and_then(|node| self.states(node, "when")) else { return Vec::new() };
        let mut states = Vec::new();
        for Entry { name, value, .. } in fields.entries() {
            let known = self.problem_count();
            let values = self.texts(value, "a state");
            if values.is_empty() && self.problem_count() == known {
                self.report_with_hint(Code::BadValue, value.span, "a list of states has at least one", "leave it out");
            }
            states.push(When { name: name.as_str().to_owned(), values });
        }
        states
    }

    pub(super) fn set(&mut self, node: Option<&Node>) -> Vec<(String, String)> {
        let Some(fields) = node.and_then(|node| self.states(node, "set")) else { return Vec::new() };
        let entries = fields.entries().iter();
        entries
            .filter_map(|entry| Some((entry.name.as_str().to_owned(), self.text(&entry.value, "a state")?)))
            .collect()
    }
}
