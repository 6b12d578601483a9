//! One thing that is changed in a form, made in the text.

use super::rule::{Ground, RuleForm, plain};
use super::{Part, StatePlace};
use crate::app::exchange::Side;
use crate::error::{ApiError, Code};
use serde::Deserialize;
use understudy_exchange::json::Step;
use understudy_exchange::{Json, Number};
use understudy_fixture::model::{Fixture, RequestPromise};
use understudy_fixture::{Source, edit_source, set_value, value_of};

/// A change in a form.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(in crate::app) struct FormEdit {
    /// The service.
    pub(super) service: String,
    /// Relative to the service's folder.
    pub(super) file: String,
    /// The text, saved or not.
    pub(super) text: String,
    /// Which of its responses, from 0.
    pub(super) response: u32,
    /// What is changed.
    pub(super) change: FormChange,
}

/// What is changed. Where a value is empty or `null`, it goes.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "what", rename_all = "snake_case")]
pub(in crate::app) enum FormChange {
    /// The fixture's name.
    Name {
        value: String,
    },
    /// Whether it is served and verified.
    Enabled {
        value: bool,
    },
    /// Higher wins.
    Priority {
        value: i64,
    },
    /// Words to choose fixtures by, with commas between them.
    Tags {
        value: String,
    },
    Method {
        value: String,
    },
    Path {
        value: String,
    },
    /// What a named value has to be.
    Field {
        part: Part,
        name: String,
        rule: Option<RuleForm>,
    },
    /// The values of a name of the state.
    State {
        place: StatePlace,
        name: String,
        values: Vec<String>,
    },
    Status {
        value: u16,
    },
    Delay {
        value: String,
    },
    /// What kind of body: `none`, `json`, `text` or, of a request, `form`.
    BodyKind {
        of: Side,
        value: String,
    },
    /// The content of a body of `json` or `text`.
    Body {
        of: Side,
        value: String,
    },
    /// A rule for parts of a JSON body.
    BodyRule {
        of: Side,
        path: String,
        rule: Option<RuleForm>,
    },
    /// Why it is not replayed.
    Skip {
        value: String,
    },
    /// Whether a write method only reads.
    Safe {
        value: bool,
    },
}

/// The text with the change made.
pub(super) fn changed(
    source: &Source,
    before: &Fixture,
    response: usize,
    change: &FormChange,
) -> Result<String, ApiError> {
    let edits = edits(before, response, change)?;
    let edited = edit_source(source, |tree| {
        let is_list = matches!(tree.member("response"), Some(Json::Array(_)));
        for (path, value) in edits {
            let spelt = spelt(tree, &path, response);
            let mut steps: Vec<Step<'_>> = path.iter().map(|name| Step::Name(name)).collect();
            if let (Some(last), Some(spelt)) = (steps.last_mut(), &spelt) {
                *last = Step::Name(spelt);
            }
            if is_list && path[0] == "response" {
                steps.insert(1, Step::Index(response));
            }
            set_value(tree, &steps, value)?;
        }
        Some(())
    });
    edited.map_err(|error| ApiError::new(Code::Usage, error.to_string()).with_hint("edit it in the file's source"))
}

/// A header field's name as the file spells it: its case does not count.
fn spelt(tree: &Json, path: &[String], response: usize) -> Option<String> {
    let [side, headers, name] = path else { return None };
    let side = tree.member(side)?;
    let side = if let Json::Array(_) = side { side.element(response)? } else { side };
    let Json::Object(fields) = side.member(headers).filter(|_| headers == "headers")? else { return None };
    fields.iter().map(|(known, _)| known.as_str()).find(|known| known.eq_ignore_ascii_case(name)).map(ToOwned::to_owned)
}

/// What goes where.
type Edits = Vec<(Vec<String>, Option<Json>)>;

fn edits(before: &Fixture, response: usize, change: &FormChange) -> Result<Edits, ApiError> {
    let one = |path: &[&str], value: Option<Json>| vec![(path.iter().map(ToString::to_string).collect(), value)];
    let text = |value: &str| (!value.trim().is_empty()).then(|| Json::string(value.trim()));
    let flag = |value: bool, default: bool| (value != default).then_some(Json::Bool(value));
    Ok(match change {
        FormChange::Name { value } => one(&["name"], text(value)),
        FormChange::Enabled { value } => one(&["enabled"], flag(*value, true)),
        FormChange::Priority { value } => one(&["priority"], (*value != 0).then(|| Json::Number(Number::from(*value)))),
        FormChange::Tags { value } => {
            let tags = value.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(Json::string);
            let tags: Vec<Json> = tags.collect();
            one(&["tags"], (!tags.is_empty()).then_some(Json::Array(tags)))
        }
        FormChange::Method { value } => one(&["request", "method"], Some(Json::string(value.trim()))),
        FormChange::Path { value } => path(before, value.trim()),
        FormChange::Field { part, name, rule } => {
            let value = rule.as_ref().filter(|rule| *part != Part::Params || !rule.is_anything());
            let value = value.map(|rule| rule.value(Ground::Text)).transpose()?;
            if name.trim().is_empty() {
                return Err(ApiError::new(Code::Usage, "it needs a name"));
            }
            one(&[place(*part), &[name.trim()]].concat(), value)
        }
        FormChange::State { place, name, values } => {
            let place: &[&str] = match place {
                StatePlace::When => &["when"],
                StatePlace::Set => &["set"],
                StatePlace::AnswerWhen => &["response", "when"],
                StatePlace::AnswerSet => &["response", "set"],
            };
            let value = match values.as_slice() {
                [] => None,
                [only] => Some(plain(only)),
                several => Some(Json::Array(several.iter().map(|value| plain(value)).collect())),
            };
            one(&[place, &[name.as_str()]].concat(), value)
        }
        FormChange::Status { value } => one(&["response", "status"], Some(Json::Number(u64::from(*value).into()))),
        FormChange::Delay { value } => {
            let delay = value.trim();
            let delay = if delay.starts_with('{') { value_of(delay) } else { text(delay) };
            one(&["response", "delay"], delay)
        }
        FormChange::BodyKind { of, value } => body_kind(*of, value),
        FormChange::Body { of, value } => body(before, *of, response, value)?,
        FormChange::BodyRule { of, path, rule } => {
            let rule = rule.as_ref().map(|rule| rule.value(Ground::Body)).transpose()?;
            one(&[of.name(), "match", path], rule)
        }
        FormChange::Skip { value } => one(&["verify", "skip"], text(value)),
        FormChange::Safe { value } => one(&["verify", "safe"], flag(*value, false)),
    })
}

fn place(part: Part) -> &'static [&'static str] {
    match part {
        Part::Params => &["request", "params"],
        Part::Query => &["request", "query"],
        Part::Headers => &["request", "headers"],
        Part::Cookies => &["request", "cookies"],
        Part::Form => &["request", "body", "form"],
        Part::Answer => &["response", "headers"],
    }
}

/// Another path; rules for parameters that it does not have any more go with them.
fn path(before: &Fixture, value: &str) -> Edits {
    let mut edits = vec![(vec!["request".to_owned(), "path".to_owned()], Some(Json::string(value)))];
    if let Ok(template) = understudy_fixture::model::PathTemplate::parse(value) {
        let RequestPromise { params, .. } = &before.request;
        let gone = params.iter().filter(|field| !template.parameters().any(|name| name == field.name));
        edits.extend(gone.map(|field| (vec!["request".to_owned(), "params".to_owned(), field.name.clone()], None)));
    }
    edits
}

/// Another kind of body; rules for parts of the one that was go with it.
fn body_kind(of: Side, kind: &str) -> Edits {
    let at = |name: &str| vec![of.name().to_owned(), name.to_owned()];
    let empty = match kind {
        "json" | "form" => Some(Json::Object(Vec::new())),
        "text" => Some(Json::string("")),
        "xml" => Some(Json::string("<root/>")),
        _ => None,
    };
    let body = empty.map(|empty| Json::Object(vec![(understudy_exchange::JsonString::new(kind), empty)]));
    vec![(at("match"), None), (at("body"), body)]
}

fn body(before: &Fixture, of: Side, response: usize, text: &str) -> Result<Edits, ApiError> {
    use understudy_fixture::model::{RequestBody, ResponseBody, XmlBody};
    let written = match of {
        Side::Request => match before.request.body {
            Some(RequestBody::Text(_)) => "text",
            Some(RequestBody::Xml(_)) => "xml",
            _ => "json",
        },
        Side::Response => match before.responses.get(response).and_then(|response| response.body.as_ref()) {
            Some(ResponseBody::Text(_)) => "text",
            Some(ResponseBody::Xml(_)) => "xml",
            _ => "json",
        },
    };
    if written == "xml"
        && let Err(error) = XmlBody::parse(text)
    {
        return Err(ApiError::new(Code::Usage, format!("{} {}", error.line, error.message)));
    }
    let (kind, value) = match Json::parse(text.as_bytes()) {
        _ if written != "json" => (written, Json::string(text)),
        Ok(value) => ("json", value),
        Err(error) => {
            let before = &text[..error.offset.min(text.len())];
            let (line, column) =
                (1 + before.matches('\n').count(), before.rsplit('\n').next().unwrap_or("").chars().count() + 1);
            return Err(ApiError::new(Code::Usage, format!("{line}:{column} {}", error.message)));
        }
    };
    Ok(vec![(vec![of.name().to_owned(), "body".to_owned(), kind.to_owned()], Some(value))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::ServiceFiles;
    use std::path::Path;
    use understudy_fixture::fixture;

    const FILE: &str = "# Pets by number.
name: Get a pet
request:
  method: GET
  path: /pets/{id}
  params: { id: { type: integer, example: 7 } } # a number
  headers:
    Accept: application/json
response:
  status: 200
  body:
    json: { \"id\": 7, \"name\": \"Rex\" }
  match:
    $.id: integer
";

    fn change(text: &str, response: usize, json: &str) -> Result<String, String> {
        let change: FormChange = serde_json::from_str(json).expect(json);
        let source = Source { file: "f.yaml".into(), text: text.to_owned() };
        let (before, problems) =
            fixture(&source, "f", &ServiceFiles::new(&Path::new("nowhere").into(), Path::new("nowhere"), 0));
        let before = before.unwrap_or_else(|| panic!("{problems:?}"));
        changed(&source, &before, response, &change).map_err(|error| error.message)
    }

    /// What becomes of lines of the file: `-` those that go, `+` those that come.
    fn lines(json: &str) -> Vec<String> {
        let after = change(FILE, 0, json).expect(json);
        let (before, after): (Vec<&str>, Vec<&str>) = (FILE.lines().collect(), after.lines().collect());
        let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("-{}", line.trim()));
        let come = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+{}", line.trim()));
        gone.chain(come).collect()
    }

    #[test]
    fn one_change_is_one_line_of_the_file() {
        for (json, expected) in [
            (r#"{"what":"name","value":"Get one"}"#, vec!["-name: Get a pet", "+name: Get one"]),
            (r#"{"what":"name","value":" "}"#, vec!["-name: Get a pet"]),
            (r#"{"what":"enabled","value":false}"#, vec!["+enabled: false"]),
            (r#"{"what":"tags","value":"a, b c,"}"#, vec!["+tags: [a, \"b c\"]"]),
            (r#"{"what":"method","value":"DELETE"}"#, vec!["-method: GET", "+method: DELETE"]),
            (r#"{"what":"status","value":404}"#, vec!["-status: 200", "+status: 404"]),
            (r#"{"what":"delay","value":"20ms..80ms"}"#, vec!["+delay: 20ms..80ms"]),
            (r#"{"what":"delay","value":"{p50: 1ms, p99: 2ms}"}"#, vec!["+delay: {p50: \"1ms\", p99: \"2ms\"}"]),
            (
                r#"{"what":"state","place":"when","name":"cart","values":["full","paid"]}"#,
                vec!["+when: {cart: [full, paid]}"],
            ),
            (r#"{"what":"state","place":"set","name":"cart","values":["7"]}"#, vec!["+set: {cart: 7}"]),
            (r#"{"what":"skip","value":"costs money"}"#, vec!["+verify: {skip: \"costs money\"}"]),
            (
                r#"{"what":"field","part":"headers","name":"accept","rule":{"kind":"contains","argument":"json","example":null,"fresh":false}}"#,
                vec!["-Accept: application/json", "+Accept: {contains: json}"],
            ),
            (
                r#"{"what":"field","part":"query","name":"page","rule":{"kind":"equals","argument":"1","example":null,"fresh":false}}"#,
                vec!["+query: {page: 1}"],
            ),
            (
                r#"{"what":"field","part":"params","name":"id","rule":{"kind":"uuid","argument":"","example":null,"fresh":true}}"#,
                vec![
                    "-params: { id: { type: integer, example: 7 } } # a number",
                    "+params: { id: { type: uuid, fresh: true } } # a number",
                ],
            ),
            (
                r#"{"what":"field","part":"params","name":"id","rule":{"kind":"any","argument":"","example":null,"fresh":false}}"#,
                vec!["-params: { id: { type: integer, example: 7 } } # a number"],
            ),
            (
                r#"{"what":"field","part":"headers","name":"Accept","rule":null}"#,
                vec!["-headers:", "-Accept: application/json"],
            ),
            (
                r#"{"what":"path","value":"/pets/{pet}"}"#,
                vec![
                    "-path: /pets/{id}",
                    "-params: { id: { type: integer, example: 7 } } # a number",
                    "+path: /pets/{pet}",
                ],
            ),
            (
                r#"{"what":"body","of":"response","value":"{\n  \"id\": 7,\n  \"name\": \"Ada\"\n}"}"#,
                vec!["-json: { \"id\": 7, \"name\": \"Rex\" }", "+json: { \"id\": 7, \"name\": \"Ada\" }"],
            ),
            (r#"{"what":"body_kind","of":"request","value":"json"}"#, vec!["+body: {json: {}}"]),
            (
                r#"{"what":"body_kind","of":"response","value":"none"}"#,
                vec!["-body:", "-json: { \"id\": 7, \"name\": \"Rex\" }", "-match:", "-$.id: integer"],
            ),
            (
                r#"{"what":"body_rule","of":"response","path":"$.name","rule":{"kind":"one_of","argument":"Rex, Ada","example":null,"fresh":false}}"#,
                vec!["+$.name: {one_of: [Rex, Ada]}"],
            ),
            (r#"{"what":"body_rule","of":"response","path":"$.id","rule":null}"#, vec!["-match:", "-$.id: integer"]),
        ] {
            assert_eq!(lines(json), expected, "{json}");
        }
    }

    #[test]
    fn what_is_called_like_a_part_of_a_fixture_can_be_taken_out() {
        let text = "request:\n  path: /p\n  query: { request: a, b: c }\nresponse: {}\n";
        let after = change(text, 0, r#"{"what":"field","part":"query","name":"request","rule":null}"#);
        assert_eq!(after.as_deref(), Ok("request:\n  path: /p\n  query: { b: c }\nresponse: {}\n"));
    }

    #[test]
    fn of_several_responses_the_one_that_is_shown_is_changed() {
        let text = "request: { path: /p }\nresponse:\n  - status: 200\n  - status: 503 # busy\n";
        let after = change(text, 1, r#"{"what":"status","value":500}"#).expect("it can be changed");
        assert_eq!(after, text.replace("503", "500"));
        let after = change(text, 1, r#"{"what":"state","place":"answer_when","name":"load","values":["high"]}"#);
        assert_eq!(after, Ok(text.replace("503 # busy", "503 # busy\n    when: {load: high}")));
    }

    #[test]
    fn a_body_that_is_no_json_is_said_with_its_place() {
        let said = change(FILE, 0, r#"{"what":"body","of":"response","value":"{\n  \"id\": }"}"#);
        assert_eq!(said, Err("2:9 expected a value".to_owned()));
    }
}
