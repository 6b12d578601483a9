//! `diff:` of a project.

use super::known::is_day;
use super::{Fields, Reader};
use crate::diagnostic::Code;
use crate::grammar;
use crate::model::{AcceptedChange, ChangeLevel, Diff, RuleLevel};
use crate::source::Node;

impl Reader<'_> {
    pub(super) fn diff(&mut self, fields: &Fields<'_>) -> Diff {
        let Some(fields) = fields.get("diff").and_then(|node| self.object(node, &grammar::DIFF)) else {
            return Diff::default();
        };
        let rules = fields.get("rules").and_then(|node| self.map(node, "`rules`"));
        let mut read = Diff::default();
        for entry in rules.iter().flat_map(Fields::entries) {
            let name = entry.name.as_str();
            let level = match self.word(&entry.value, &format!("the level of `{name}`"), grammar::CHANGE_LEVELS) {
                Some("ignore") => ChangeLevel::Ignore,
                Some("warn") => ChangeLevel::Warn,
                Some(_) => ChangeLevel::Break,
                None => continue,
            };
            read.rules.push(RuleLevel { rule: name.to_owned(), level, span: entry.span });
        }
        let accepted = fields.get("accepted").and_then(|node| self.list(node, "`accepted`")).unwrap_or_default();
        read.accepted = accepted.iter().filter_map(|node| self.accepted_change(node)).collect();
        read
    }

    fn accepted_change(&mut self, node: &Node) -> Option<AcceptedChange> {
        let fields = self.object(node, &grammar::ACCEPTED_CHANGE)?;
        let Some(rule) = self.field_text(&fields, "rule") else {
            if fields.get("rule").is_none() {
                let hint = "rule: parameter-removed, as the report of `understudy diff` names it";
                self.report_with_hint(Code::MissingKey, fields.span, "an accepted change needs a `rule`", hint);
            }
            return None;
        };
        let until = self.field_text(&fields, "until");
        if let (Some(until), Some(node)) = (&until, fields.get("until"))
            && !is_day(until)
        {
            self.report_with_hint(Code::BadValue, node.span, format!("`{until}` is no day"), "write it as 2026-12-31");
            return None;
        }
        let span = fields.get("rule").map_or(fields.span, |node| node.span);
        Some(AcceptedChange {
            rule,
            span,
            operation: self.field_text(&fields, "operation"),
            place: self.field_text(&fields, "place"),
            why: self.field_text(&fields, "why"),
            until,
        })
    }
}
