//! Exchanges held against a description: both directions, and what it does not say.

use crate::answer::body::{media_type, or_nothing};
use crate::document::{At, escaped};
use crate::model::{Content, Description, Operation, Response as Described};
use crate::request::{Part, Violation, takes};
use crate::route::Found;
use crate::schema::{Direction, check_once};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use understudy_exchange::{MediaType, Request, Response};

/// What came of holding an exchange against a description.
#[derive(Debug, Default)]
pub struct Conformity {
    /// The operation's place in [`Description::operations`], where there is one.
    pub operation: Option<usize>,
    /// What is not as it is described.
    pub violations: Vec<Violation>,
    /// Members of the answer that are not described, where the description lets them be: places and the schemas that
    /// could describe them, as `file#pointer`.
    pub undescribed: Vec<(String, String)>,
}

impl Description {
    /// Holds an exchange against the description. A request that was answered with an error may be wrong: it is not looked
    /// at. Nor is who sent it.
    #[must_use]
    pub fn judge(&self, request: &Request, response: &Response, base: &str) -> Conformity {
        let mut conformity = Conformity::default();
        let refuse = |message: String| Violation {
            place: Part::Path,
            name: request.path().to_owned(),
            message,
            rule: self.documents.root().get("paths").unwrap_or(self.documents.root()).pointer(),
            status: Some(StatusCode::NOT_FOUND),
        };
        let (place, bound) = match self.find(request, base) {
            Found::Operation(place, bound) => (place, bound),
            Found::OtherMethods(methods) => {
                let names: Vec<&str> = methods.iter().map(http::Method::as_str).collect();
                let message = format!("is described with {}, and not with {}", names.join(", "), request.method);
                conformity.violations.push(refuse(message));
                return conformity;
            }
            Found::Nothing => {
                let mut near: Vec<&str> =
                    self.nearest(request.path(), base).into_iter().map(|near| near.path.as_str()).collect();
                near.dedup();
                let near = if near.is_empty() { String::new() } else { format!("; near are {}", near.join(", ")) };
                conformity.violations.push(refuse(format!("is not described{near}")));
                return conformity;
            }
        };
        conformity.operation = Some(place);
        let operation = &self.operations[place];
        if !response.status.is_client_error() {
            let violations = self.held(operation).violations(request, &bound).into_iter();
            conformity.violations.extend(violations.filter(|violation| violation.place != Part::Security));
        }
        self.judge_answer(operation, response, &mut conformity);
        conformity
    }

    fn judge_answer(&self, operation: &Operation, response: &Response, conformity: &mut Conformity) {
        let at = self.documents.at(operation.at);
        let violation = |place: Part, name: String, message: String, rule: String| Violation {
            place,
            name,
            message,
            rule,
            status: Some(StatusCode::INTERNAL_SERVER_ERROR),
        };
        // An operation without responses says nothing of any, which is a warning when the document is read.
        if operation.responses.is_empty() {
            return;
        }
        let Some(described) = operation.describing(response.status).map(|nth| &operation.responses[nth]) else {
            let known: Vec<String> = operation.statuses().map(|status| status.to_string()).collect();
            let message = format!("is not described; there is {}", or_nothing(&known));
            let rule = at.get("responses").unwrap_or(at).pointer();
            conformity.violations.push(violation(Part::Status, response.status.as_u16().to_string(), message, rule));
            return;
        };
        let rule = self.documents.at(described.at).pointer();
        if response.body.is_empty() {
            return;
        }
        let content_type = response.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let essence = MediaType::parse(content_type);
        let Some(content) = content(described, essence.essence()) else {
            let known: Vec<&str> = described.content.iter().map(|content| content.written.as_str()).collect();
            let message = match known.as_slice() {
                [] => "is there, and no body is described".to_owned(),
                known => format!(
                    "is {}, and described is {}",
                    if content_type.is_empty() { "of no type" } else { content_type },
                    known.join(", ")
                ),
            };
            conformity.violations.push(violation(Part::AnswerBody, String::new(), message, rule));
            return;
        };
        let Some(schema) = content.schema.map(|schema| self.documents.at(schema)).filter(|_| essence.is_json()) else {
            return;
        };
        let value: Value = match serde_json::from_slice(&response.body) {
            Ok(value) => value,
            Err(error) => {
                let message = format!("is not JSON: {error}");
                conformity.violations.push(violation(Part::AnswerBody, String::new(), message, rule));
                return;
            }
        };
        let broken = check_once(schema, self.dialect, Direction::Response, &value);
        let broken = broken.into_iter();
        conformity
            .violations
            .extend(broken.map(|broken| violation(Part::AnswerBody, broken.place, broken.message, broken.rule)));
        undescribed(&value, &[schema], &mut String::new(), &mut conformity.undescribed);
    }
}

fn content<'r>(described: &'r Described, essence: &str) -> Option<&'r Content> {
    let best = described.content.iter().max_by_key(|content| {
        let own = media_type(content);
        takes(&content.range, essence).max(takes(MediaType::parse(&own).essence(), essence))
    })?;
    let own = media_type(best);
    (takes(&best.range, essence) > 0 || MediaType::parse(&own).essence() == essence).then_some(best)
}

/// How many members are told.
const UNDESCRIBED_MAX: usize = 20;

/// The members that no schema of a value names, where none says anything of members that it does not name.
fn undescribed(value: &Value, schemas: &[At<'_>], place: &mut String, out: &mut Vec<(String, String)>) {
    if out.len() >= UNDESCRIBED_MAX || schemas.is_empty() {
        return;
    }
    let mut parts = Vec::new();
    schemas.iter().for_each(|schema| collect(*schema, 0, &mut parts));
    match value {
        Value::Array(items) => {
            let below: Vec<At<'_>> =
                parts.iter().filter_map(|part| part.get("items")).filter(|items| items.is_object()).collect();
            for (nth, item) in items.iter().enumerate() {
                let length = place.len();
                place.push_str(&format!("/{nth}"));
                undescribed(item, &below, place, out);
                place.truncate(length);
            }
        }
        Value::Object(members) => {
            let is_open = parts.iter().any(|part| {
                part.get("additionalProperties").is_some_and(At::is_object) || part.get("patternProperties").is_some()
            });
            let names = parts
                .iter()
                .any(|part| part.get("properties").is_some_and(|properties| properties.members().len() > 0));
            for (name, value) in members {
                let below: Vec<At<'_>> = parts.iter().filter_map(|part| part.get("properties")?.get(name)).collect();
                let length = place.len();
                place.push('/');
                place.push_str(&escaped(name));
                if below.is_empty() && names && !is_open && out.len() < UNDESCRIBED_MAX {
                    let rule = parts.iter().find_map(|part| part.get("properties")).map(At::pointer);
                    out.push((place.clone(), rule.unwrap_or_default()));
                }
                undescribed(value, &below, place, out);
                place.truncate(length);
            }
        }
        _ => {}
    }
}

/// How many schemas may refer to each other about one value.
const CHAIN_MAX: usize = 64;

/// A schema and all that say something of the same value.
fn collect<'d>(schema: At<'d>, depth: usize, out: &mut Vec<At<'d>>) {
    let Ok(schema) = schema.resolve() else { return };
    if depth > CHAIN_MAX {
        return;
    }
    if out.iter().any(|known| known.node == schema.node) {
        return;
    }
    out.push(schema);
    for name in ["allOf", "anyOf", "oneOf"] {
        schema.get(name).into_iter().flat_map(At::items).for_each(|part| collect(part, depth + 1, out));
    }
    for name in ["then", "else"] {
        schema.get(name).into_iter().for_each(|part| collect(part, depth + 1, out));
    }
}
