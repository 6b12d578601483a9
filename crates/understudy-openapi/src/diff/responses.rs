//! Responses: their statuses, bodies and header fields.

use super::rule::{CONSUMERS, PROVIDERS};
use super::{Comparing, Here, Touched, rule};
use crate::document::At;
use crate::model::{Operation, Response, Status};
use crate::schema::Direction;
use http::StatusCode;

impl<'d> Comparing<'d> {
    pub(super) fn responses(&mut self, old: &'d Operation, new: &'d Operation, here: &Here) {
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
                    let nodes = (Some(before.at), Some(new.at));
                    self.tell_as(&here, &rule::ANSWER_STATUS_REMOVED, breaks, "is gone", nodes);
                }
            }
        }
        for after in &new.responses {
            if own(old, after.status).is_none() {
                let nodes = (Some(old.at), Some(after.at));
                self.tell(&with(after.status), &rule::ANSWER_STATUS_ADDED, "is new", nodes);
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
                self.tell(&here, &rule::ANSWER_HEADER_REMOVED, "is gone", (Some(*before), Some(new.at)));
                continue;
            };
            let (at, to) = (self.old.documents.at(*before), self.new.documents.at(after));
            let nodes = (Some(*before), Some(after));
            match (at.flag("required"), to.flag("required")) {
                (true, false) => {
                    self.tell(&here, &rule::ANSWER_HEADER_BECAME_OPTIONAL, "may be missing now", nodes);
                }
                (false, true) => {
                    self.tell(&here, &rule::ANSWER_HEADER_BECAME_REQUIRED, "is always there now", nodes);
                }
                _ => {}
            }
            // In Swagger 2.0 a header is its own schema.
            let schema = |at: At<'_>| at.get("schema").map_or(at.node, |schema| schema.node);
            self.schema(Some(schema(at)), Some(schema(to)), Direction::Response, &here);
        }
        for (name, after) in new.headers.iter().filter(|(name, _)| find(old, name).is_none()) {
            let here = here.at(&format!("header {name}"));
            self.tell(&here, &rule::ANSWER_HEADER_ADDED, "is new", (Some(old.at), Some(*after)));
        }
    }
}
