//! Values held against schemas.

use super::bundle::{Bundled, Definition, Direction, TooLarge, bundle};
use super::steps::{self, Budget, UsedUp, within};
use super::{alternatives, costly};
use crate::document::{At, Documents};
use crate::model::Dialect;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use understudy_fixture::model::Format;
use understudy_match::is_in_format;

/// How many violations of one value are told.
const BROKEN_MAX: usize = 20;
/// The maximum depth at which alternatives of alternatives are reported.
const ALTERNATIVES_DEPTH_MAX: usize = 4;
/// The steps that one text may take while texts are generated.
const TEXT_STEPS: u64 = 30_000;
/// The maximum number of generated texts that take more. Then no further text is accepted.
const LONG_TEXTS_MAX: u32 = 8;

/// One way in which a value is not what a schema asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    /// Where in the value, as a JSON pointer.
    pub(crate) place: String,
    /// What is wrong, as a fragment: "expected integer, received string".
    pub(crate) message: String,
    /// The keyword that asks for it, as `file#pointer`.
    pub(crate) rule: String,
    /// True if nothing is known to be wrong: the value could not be compared with its schema.
    pub(crate) is_unchecked: bool,
}

impl Broken {
    /// A value that could not be compared with a schema.
    fn unchecked(schema: At<'_>, why: &str) -> Self {
        let message = format!("was not compared with its schema: {why}");
        Self { place: String::new(), message, rule: schema.pointer(), is_unchecked: true }
    }
}

/// A schema that values are held against.
#[derive(Debug)]
pub(crate) struct Checker {
    validator: Validator,
    definitions: Vec<Definition>,
}

impl Checker {
    /// A schema, with all that it leads to.
    ///
    /// # Errors
    /// Where that is too much: [`check_once`] then.
    pub(crate) fn new(schema: At<'_>, dialect: Dialect, direction: Direction) -> Result<Self, TooLarge> {
        Self::of(bundle(schema, dialect, direction, None)?).ok_or(TooLarge)
    }

    fn of(bundled: Bundled) -> Option<Self> {
        let validator = options().build(&bundled.document).ok()?;
        Some(Self { validator, definitions: bundled.definitions })
    }

    /// Everything that is wrong with a value, in the order of the schema.
    pub(crate) fn check(&self, documents: &Documents, value: &Value) -> Vec<Broken> {
        with_room_for(value, || {
            let budget = Budget::of(value);
            // Asking whether anything is wrong is quicker than asking what.
            match within(budget.deciding, || self.validator.is_valid(value)) {
                Ok(true) => Vec::new(),
                Ok(false) => within(budget.telling, || self.all_broken(documents, value)).unwrap_or_else(|UsedUp| {
                    let message = "does not fit its schema; too many alternatives lead back to the schema to say where";
                    vec![Broken {
                        message: message.to_owned(),
                        is_unchecked: false,
                        ..self.unchecked(documents, budget)
                    }]
                }),
                Err(UsedUp) => vec![self.unchecked(documents, budget)],
            }
        })
    }

    fn unchecked(&self, documents: &Documents, budget: Budget) -> Broken {
        let root = self.definitions.first().map_or(documents.root(), |definition| documents.at(definition.node));
        Broken::unchecked(root, &format!("it takes more than {} steps", budget.deciding))
    }

    fn all_broken(&self, documents: &Documents, value: &Value) -> Vec<Broken> {
        let mut all = Vec::new();
        for error in self.validator.iter_errors(value).take(BROKEN_MAX) {
            self.tell(documents, &error, 0, &mut all);
        }
        all
    }

    /// Reports the cause of an error. For alternatives, the errors of the intended alternative are
    /// reported.
    fn tell(&self, documents: &Documents, error: &ValidationError<'_>, depth: usize, out: &mut Vec<Broken>) {
        if out.len() >= BROKEN_MAX {
            return;
        }
        if let ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } = error.kind()
            && depth < ALTERNATIVES_DEPTH_MAX
        {
            if let Some(meant) = alternatives::meant(error, context) {
                meant.iter().for_each(|error| self.tell(documents, error, depth + 1, out));
                return;
            }
            let mut broken = self.broken(documents, error);
            if let Some(nearest) = alternatives::nearest(context) {
                let mut inner = Vec::new();
                self.tell(documents, nearest, depth + 1, &mut inner);
                let nearest = inner.first().map(|inner| (inner.place.strip_prefix(&broken.place), &inner.message));
                if let Some((place, message)) = nearest {
                    let place =
                        place.filter(|place| !place.is_empty()).map_or(String::new(), |place| format!("{place}: "));
                    broken.message.push_str(&format!("; of the nearest, {place}{message}"));
                }
            }
            out.push(broken);
            return;
        }
        out.push(self.broken(documents, error));
    }

    fn broken(&self, documents: &Documents, error: &ValidationError<'_>) -> Broken {
        let path = error.schema_path().as_str();
        let mut parts = path.strip_prefix("/definitions/").unwrap_or("").splitn(2, '/');
        let definition = parts.next().and_then(|number| self.definitions.get(number.parse::<usize>().ok()?));
        let rest = parts.next().unwrap_or("");
        let rule = match definition {
            Some(Definition { node, is_counted }) => {
                let own = rest.strip_prefix(steps::PLACE).filter(|_| *is_counted).unwrap_or(rest);
                rule(documents.at(*node), own.trim_start_matches('/'))
            }
            None => path.to_owned(),
        };
        let place = error.instance_path().as_str().to_owned();
        Broken { place, message: describe(error), rule, is_unchecked: false }
    }
}

/// Returns the place of a keyword, by the steps from a schema to the keyword. Requirements of a
/// discriminator stand in no other keyword; that of a parent stands outside the schema, which is named then.
fn rule(schema: At<'_>, steps: &str) -> String {
    if steps.is_empty() {
        return schema.pointer();
    }
    let pointer = format!("{}/{steps}", schema.pointer());
    for (own, written) in [(super::bits::KEYWORD, "format"), (costly::KEYWORD, "pattern")] {
        if let Some(above) = pointer.strip_suffix(own) {
            return format!("{above}{written}");
        }
    }
    fn discriminator(at: At<'_>) -> Option<At<'_>> {
        at.get("discriminator").or_else(|| at.resolve().ok()?.get("discriminator"))
    }
    let (mut at, mut told) = (schema, discriminator(schema));
    for step in steps.split('/') {
        let name = step.replace("~1", "/").replace("~0", "~");
        let next = at.get(&name).or_else(|| at.items().nth(name.parse().ok()?));
        let Some(next) = next else { return told.unwrap_or(at).pointer() };
        at = next;
        told = discriminator(at).or(told);
    }
    pointer
}

/// Compares one value with a schema that is not kept.
pub(crate) fn check_once(schema: At<'_>, dialect: Dialect, direction: Direction, value: &Value) -> Vec<Broken> {
    match bundle(schema, dialect, direction, Some(value)) {
        Ok(bundled) => match Checker::of(bundled) {
            Some(checker) => checker.check(schema.documents(), value),
            None => vec![Broken::unchecked(schema, "the schema cannot be read")],
        },
        Err(TooLarge) => vec![Broken::unchecked(schema, "the schema leads to too many others")],
    }
}

/// The conditions on a text: patterns, a length, a format.
pub(crate) struct TextCheck {
    validator: Validator,
    length: (u64, u64),
    /// The number of texts that took too many steps.
    long_texts: Cell<u32>,
}

impl TextCheck {
    /// `None` where the validator cannot read one of the patterns.
    pub(crate) fn new(patterns: &[impl AsRef<str>], length: (u64, u64), format: Option<&str>) -> Option<Self> {
        let schema = |pattern: &str| {
            let mut schema = serde_json::Map::from_iter([("pattern".to_owned(), pattern.into())]);
            costly::counted(&mut schema);
            Value::Object(schema)
        };
        let patterns: Vec<Value> = patterns.iter().map(|pattern| schema(pattern.as_ref())).collect();
        let mut schema = serde_json::json!({ "type": "string", "minLength": length.0, "maxLength": length.1 });
        if !patterns.is_empty() {
            schema["allOf"] = patterns.into();
        }
        if let Some(format) = format {
            schema["format"] = format.into();
        }
        Some(Self { validator: options().build(&schema).ok()?, length, long_texts: Cell::new(0) })
    }

    pub(crate) fn accepts(&self, text: &str) -> bool {
        if self.long_texts.get() >= LONG_TEXTS_MAX {
            return false;
        }
        within(TEXT_STEPS, || self.validator.is_valid(&Value::from(text))).unwrap_or_else(|UsedUp| {
            self.long_texts.update(|count| count + 1);
            false
        })
    }

    /// The least and the greatest number of characters.
    pub(crate) fn length(&self) -> (u64, u64) {
        self.length
    }
}

/// Values that nest deeper than this are checked on a stack of their own.
const DEPTH_ON_THE_STACK_MAX: usize = 12;
/// Enough for the deepest value that is read, against the deepest schema.
const STACK_BYTES: usize = 512 << 20;

/// The validator follows a value and its schema on the stack, where a client's body must not bring the program down.
fn with_room_for<T: Send>(value: &Value, check: impl FnOnce() -> T + Send) -> T {
    fn is_deeper(value: &Value, left: usize) -> bool {
        match value {
            Value::Array(items) => left == 0 || items.iter().any(|item| is_deeper(item, left - 1)),
            Value::Object(members) => left == 0 || members.values().any(|value| is_deeper(value, left - 1)),
            _ => false,
        }
    }
    if !is_deeper(value, DEPTH_ON_THE_STACK_MAX) {
        return check();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, check);
        thread.expect("the system gives a thread").join().expect("the validator does not panic")
    })
}

fn options() -> jsonschema::ValidationOptions<'static> {
    let options = jsonschema::options()
        // Bundles are written in the newest draft, whatever dialect the document is in.
        .with_draft(Draft::Draft202012)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(costly::BACKTRACK_MAX))
        .with_keyword(super::bits::KEYWORD, super::bits::keyword)
        .with_keyword(steps::KEYWORD, steps::keyword)
        .with_keyword(costly::KEYWORD, costly::keyword)
        .offline();
    // Formats mean the same here as in fixtures.
    options
        .with_format("date", |text: &str| is_in_format(Format::Date, text))
        .with_format("date-time", |text: &str| is_in_format(Format::DateTime, text))
        .with_format("time", |text: &str| is_in_format(Format::Time, text))
        .with_format("uuid", |text: &str| is_in_format(Format::Uuid, text))
        .with_format("email", |text: &str| is_in_format(Format::Email, text))
        .with_format("ipv4", |text: &str| is_in_format(Format::Ipv4, text))
        .with_format("ipv6", |text: &str| is_in_format(Format::Ipv6, text))
        .with_format("hostname", |text: &str| is_in_format(Format::Hostname, text))
        .with_format("uri", |text: &str| is_in_format(Format::Uri, text))
        .with_format("byte", is_base64)
        .with_format("decimal", |text: &str| text.trim().parse::<f64>().is_ok_and(f64::is_finite))
        // What may be relative may be nearly anything.
        .with_format("uri-reference", |_: &str| true)
        .with_format("iri", |_: &str| true)
        .with_format("iri-reference", |_: &str| true)
        .with_format("uri-template", |_: &str| true)
        .with_format("regex", |_: &str| true)
}

/// Base64 in the alphabet of RFC 4648, section 4 or 5, with or without padding; line breaks are left out, as in MIME.
fn is_base64(text: &str) -> bool {
    let mut count = 0_usize;
    let mut padding = 0_usize;
    for c in text.chars().filter(|c| !matches!(c, '\r' | '\n')) {
        match c {
            '=' => padding += 1,
            'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' | '-' | '_' if padding == 0 => count += 1,
            _ => return false,
        }
    }
    count % 4 != 1 && (padding == 0 || (padding <= 2 && (count + padding).is_multiple_of(4)))
}

/// Whether the validator can use a regular expression: one that it cannot use asks for nothing.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    /// How many answers are remembered.
    const KNOWN_MAX: usize = 10_000;
    thread_local! {
        static KNOWN: RefCell<HashMap<String, bool>> = RefCell::new(HashMap::new());
    }
    // The validator is asked only if it may say no.
    if regex_syntax::parse(pattern).is_ok() && !costly::repeats_much(pattern) {
        return true;
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(known) = known.get(pattern) {
            return *known;
        }
        let schema = serde_json::json!({ "pattern": pattern });
        let is = jsonschema::options().with_draft(Draft::Draft4).build(&schema).is_ok();
        if known.len() < KNOWN_MAX {
            known.insert(pattern.to_owned(), is);
        }
        is
    })
}

fn describe(error: &ValidationError<'_>) -> String {
    let received = type_name(error.instance());
    match error.kind() {
        ValidationErrorKind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(wanted) => wanted.to_string(),
                TypeKind::Multiple(all) => {
                    let names: Vec<String> = all.iter().map(|wanted| wanted.to_string()).collect();
                    names.join(" or ")
                }
            };
            format!("expected {wanted}, received {received}")
        }
        ValidationErrorKind::Required { property } => {
            format!("the member `{}` is missing", property.as_str().unwrap_or_default())
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let names: Vec<String> = unexpected.iter().map(|name| format!("`{name}`")).collect();
            format!("not described: {}", names.join(", "))
        }
        ValidationErrorKind::Enum { options } => {
            let all: Vec<String> = options.as_array().into_iter().flatten().map(ToString::to_string).collect();
            format!("expected one of {}", shortened(&all.join(", ")))
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("expected {}", shortened(&expected_value.to_string()))
        }
        ValidationErrorKind::Pattern { pattern } => format!("expected a match of `{pattern}`"),
        ValidationErrorKind::Format { format } => format!("expected the format {format}"),
        ValidationErrorKind::Minimum { limit } => format!("expected at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("expected at most {limit}"),
        ValidationErrorKind::ExclusiveMinimum { limit } => format!("expected more than {limit}"),
        ValidationErrorKind::ExclusiveMaximum { limit } => format!("expected less than {limit}"),
        ValidationErrorKind::MultipleOf { multiple_of } => format!("expected a multiple of {multiple_of}"),
        ValidationErrorKind::MinLength { limit } => format!("expected at least {limit} characters"),
        ValidationErrorKind::MaxLength { limit } => format!("expected at most {limit} characters"),
        ValidationErrorKind::MinItems { limit } => format!("expected at least {limit} elements"),
        ValidationErrorKind::MaxItems { limit } => format!("expected at most {limit} elements"),
        ValidationErrorKind::MinProperties { limit } => format!("expected at least {limit} members"),
        ValidationErrorKind::MaxProperties { limit } => format!("expected at most {limit} members"),
        ValidationErrorKind::UniqueItems => "two elements are the same".to_owned(),
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::AnyOf { .. } => {
            "matches none of the alternatives".to_owned()
        }
        ValidationErrorKind::OneOfMultipleValid { .. } => {
            "matches several of the alternatives, of which one is wanted".to_owned()
        }
        ValidationErrorKind::Contains => "no element is what `contains` asks for".to_owned(),
        ValidationErrorKind::Not { .. } => "matches what it must not".to_owned(),
        ValidationErrorKind::Custom { message, .. } => message.clone(),
        ValidationErrorKind::FalseSchema => "is not described".to_owned(),
        _ => shortened(&error.masked().to_string()),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

pub(crate) fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    match text.char_indices().nth(CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
