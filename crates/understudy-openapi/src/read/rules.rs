//! Warnings about rules of the specification that a document breaks, and about schemas that allow
//! no value. The warnings are reported when a document is read. Nothing is left out because of a
//! warning. What would take too long then is looked at when all problems are asked for
//! ([`Description::remaining_problems`]).

use super::Reader;
use crate::document::{At, Kind, Node};
use crate::model::{Content, Description, Dialect, In, Operation};
use crate::ready::names;
use crate::schema::{Broken, Direction, TYPES, Types, check_once, mapped, retyped};
use std::collections::HashSet;
use understudy_fixture::Diagnostic;

/// The maximum number of examples that are compared with their schemas when a document is read:
/// each costs a validator.
const EXAMPLES_MAX: usize = 100;
/// The same when all problems are asked for. GitHub's description has 1,050.
const ALL_EXAMPLES_MAX: usize = 20_000;
/// The examples of larger documents are not looked at when they are read. GitHub's 1,050 examples took twice as long as the rest of
/// its 13 MB.
const EXAMPLES_BYTES_MAX: usize = 1 << 20;
/// The schemas of larger documents are not looked at when they are read: that took as long as reading GitHub's 41,000 schemas.
const SCHEMAS_BYTES_MAX: usize = 4 << 20;
/// The maximum number of faults that are reported for one document, so that they do not crowd out
/// other problems.
const FAULTS_MAX: usize = 100;
/// The maximum depth of nested schemas.
const DEPTH_MAX: usize = 64;

/// The places of named schemas.
const NAMED: [&str; 2] = ["components/schemas", "definitions"];

impl<'d> Reader<'d> {
    /// Reports violations of the rules. Returns true if nothing was left out, as it is in large documents.
    pub(super) fn rules(&mut self, operations: &[Operation]) -> bool {
        let bytes = self.documents.bytes();
        let has_schemas = bytes <= SCHEMAS_BYTES_MAX;
        let examples = if bytes <= EXAMPLES_BYTES_MAX { EXAMPLES_MAX } else { 0 };
        self.rules_within(operations, has_schemas, examples) && has_schemas
    }

    /// Returns true if there were no more examples than these.
    fn rules_within(&mut self, operations: &[Operation], has_schemas: bool, examples: usize) -> bool {
        let mut rules = Rules {
            reader: self,
            seen: HashSet::new(),
            has_schemas,
            examples_left: examples,
            targets: Vec::new(),
            is_whole: true,
            faults: 0,
        };
        for root in rules.reader.documents.roots() {
            let named = NAMED.iter().filter_map(|place| root.below(place)).flat_map(At::members);
            named.for_each(|(_, schema)| rules.schema(schema, 0));
        }
        let mut ids = HashSet::new();
        for operation in operations {
            rules.operation(operation, &mut ids);
        }
        while let Some(target) = rules.targets.pop() {
            rules.schema(target, 0);
        }
        rules.is_whole
    }
}

impl Description {
    /// Returns the problems that are left to find in a large document once it was read, with those that were found then.
    #[must_use]
    pub fn remaining_problems(&self) -> Vec<Diagnostic> {
        if self.is_checked {
            return Vec::new();
        }
        let (documents, dialect) = (&self.documents, self.dialect);
        let (diagnostics, unread, schemes) = (Vec::new(), Vec::new(), Vec::new());
        let mut reader = Reader { documents, dialect, diagnostics, unread, schemes };
        reader.rules_within(&self.operations, true, ALL_EXAMPLES_MAX);
        reader.diagnostics
    }
}

struct Rules<'r, 'd> {
    reader: &'r mut Reader<'d>,
    seen: HashSet<Node>,
    has_schemas: bool,
    examples_left: usize,
    /// The schemas that references lead to, in this file or another one.
    targets: Vec<At<'d>>,
    /// False once an example was left out.
    is_whole: bool,
    faults: usize,
}

impl<'d> Rules<'_, 'd> {
    /// Reports something that is not read as it was meant.
    fn fault(&mut self, at: At<'_>, message: String) {
        self.faults += 1;
        if self.faults <= FAULTS_MAX {
            self.reader.bad(at, message);
        }
    }

    /// Reports something that breaks a rule, and is read as it was meant.
    fn remark(&mut self, at: At<'_>, message: String) {
        self.faults += 1;
        if self.faults <= FAULTS_MAX {
            self.reader.remark(at, message);
        }
    }

    fn at(&self, node: Node) -> At<'d> {
        self.reader.documents.at(node)
    }

    fn operation(&mut self, operation: &Operation, ids: &mut HashSet<String>) {
        let at = self.at(operation.at);
        if let Some(id) = at.get("operationId")
            && let Some(text) = id.string()
            && !ids.insert(text.clone().into_owned())
        {
            self.remark(id, format!("the operation id `{text}` stands here twice: each operation has its own"));
        }
        let in_path = names(&operation.path);
        let declared = || operation.parameters.iter().filter(|parameter| parameter.place == In::Path);
        for name in &in_path {
            if !declared().any(|parameter| parameter.name == *name) {
                let message = format!(
                    "the path parameter `{name}` is not declared: write `{{ name: {name}, in: path, required: true, \
                     schema: {{ type: string }} }}` under `parameters`"
                );
                self.remark(at, message);
            }
        }
        for parameter in declared().filter(|parameter| !in_path.contains(&parameter.name)) {
            let message = format!("the path `{}` has no `{{{}}}`", operation.path, parameter.name);
            self.remark(self.at(parameter.at), message);
        }
        for parameter in &operation.parameters {
            // Version 2.0 has the type beside the name.
            if self.reader.dialect == Dialect::Swagger2 {
                continue;
            }
            let at = self.at(parameter.at);
            let Some(schema) = parameter.schema.map(|schema| self.at(schema)) else {
                if at.get("content").is_none() && self.seen.insert(at.node) {
                    let message = "this parameter has neither `schema` nor `content`, so nothing is checked: write \
                                   `schema: { type: string }`";
                    self.remark(at, message.to_owned());
                }
                continue;
            };
            self.schema(schema, 0);
            self.examples_are_named(at);
            self.shown(at.get("example"), schema, Direction::Request);
        }
        let requested = operation.body.iter().flat_map(|body| &body.content);
        requested.for_each(|content| self.content(content, Direction::Request));
        let responses = operation.responses.iter();
        responses.flat_map(|response| &response.content).for_each(|content| self.content(content, Direction::Response));
    }

    fn content(&mut self, content: &Content, direction: Direction) {
        if self.reader.dialect != Dialect::Swagger2 {
            self.examples_are_named(self.at(content.at));
        }
        let Some(schema) = content.schema.map(|schema| self.at(schema)) else { return };
        self.schema(schema, 0);
        if understudy_exchange::MediaType::parse(&content.range).is_json() {
            for (_, node) in &content.examples {
                self.shown(Some(self.at(*node)), schema, direction);
            }
        }
    }

    /// `examples` of anything but a schema is a map.
    fn examples_are_named(&mut self, at: At<'d>) {
        if let Some(examples) = at.get("examples").filter(|examples| examples.kind() == Kind::Array)
            && self.seen.insert(examples.node)
        {
            let message = "`examples` is a map of names here: write `example:` for one value, or \
                           `examples: { NAME: { value: ... } }`";
            self.remark(examples, message.to_owned());
        }
    }

    /// Checks that an example matches the schema beside it.
    fn shown(&mut self, example: Option<At<'d>>, schema: At<'d>, direction: Direction) {
        let Some(example) = example.filter(|example| self.seen.insert(example.node)) else { return };
        if self.examples_left == 0 || self.faults > FAULTS_MAX {
            self.is_whole &= self.examples_left > 0;
            return;
        }
        self.examples_left -= 1;
        if retyped(example, Types::of(schema.resolve().unwrap_or(schema))).is_some() {
            return;
        }
        let value = example.to_value();
        // A document that was written as a text is read as one.
        let is_document = |text: &str| serde_json::from_str::<serde_json::Value>(text).is_ok();
        let takes_text = Types::of(schema.resolve().unwrap_or(schema)).has(Types::STRING);
        if !takes_text && value.as_str().is_some_and(is_document) {
            return;
        }
        let broken = check_once(schema, self.reader.dialect, direction, &value);
        if let Some(Broken { place, message, .. }) = broken.first().filter(|broken| !broken.is_unchecked) {
            let at = place.split('/').skip(1).try_fold(example, |at, step| {
                let name = step.replace("~1", "/").replace("~0", "~");
                at.get(&name).or_else(|| at.items().nth(name.parse().ok()?))
            });
            let place = if place.is_empty() { String::new() } else { format!(" at {place}") };
            let message = format!("this example is not what its schema asks for{place}: {message}");
            self.remark(at.unwrap_or(example), message);
        }
    }

    /// A schema, and all that stands in it.
    fn schema(&mut self, at: At<'d>, depth: usize) {
        let is_looked_at = self.has_schemas && at.is_object() && depth <= DEPTH_MAX;
        if !is_looked_at || !self.seen.insert(at.node) {
            return;
        }
        if at.reference().is_some() {
            self.targets.extend(at.resolve());
            return;
        }
        let (mut has_bounds, mut has_parts) = (false, false);
        for (name, value) in at.members() {
            match &*name {
                "type" => self.types(value),
                "required" if value.boolean().is_some() => self.fault(
                    value,
                    "`required` is a list of names here: write `required: [NAME]` in the schema around, beside `properties`"
                        .to_owned(),
                ),
                "properties" | "patternProperties" | "dependentSchemas" | "$defs" => {
                    if value.is_object() {
                        value.members().for_each(|(_, below)| self.schema(below, depth + 1));
                    } else {
                        self.fault(value, format!("`{name}` is a map of schemas"));
                    }
                }
                "allOf" | "oneOf" | "anyOf" | "prefixItems" => {
                    has_parts |= name == "allOf";
                    value.items().for_each(|below| self.schema(below, depth + 1));
                }
                "not" => {
                    if allows_everything(value) {
                        self.remark(value, "no value is possible: `not` excludes every one".to_owned());
                    }
                    self.schema(value, depth + 1);
                }
                "items" | "additionalProperties" | "if" | "then" | "else" | "contains" | "propertyNames"
                | "unevaluatedItems" | "unevaluatedProperties" => self.schema(value, depth + 1),
                "minimum" | "minLength" | "minItems" | "minProperties" => has_bounds = true,
                "enum" => self.listed(at, value),
                "discriminator" => {
                    for (name, target) in value.get("mapping").into_iter().flat_map(At::members) {
                        if mapped(target).is_none() {
                            self.fault(target, format!("the schema that `{name}` stands for is not there"));
                        }
                    }
                }
                _ => {}
            }
        }
        if has_bounds {
            self.bounds(at);
        }
        if has_parts {
            self.parts(at);
        }
    }

    fn types(&mut self, at: At<'d>) {
        let single = at.string().map(|name| (name, at));
        let listed = at.items().filter_map(|item| Some((item.string()?, item)));
        let all: Vec<_> = single.into_iter().chain(listed).collect();
        for (name, at) in all {
            let is_file = self.reader.dialect == Dialect::Swagger2 && name == "file";
            if !TYPES.contains(&&*name) && !is_file {
                self.fault(
                    at,
                    format!("`{name}` is not a type, so it checks nothing: write one of {}", TYPES.join(", ")),
                );
            }
        }
    }

    /// Checks that some of the listed values are of the type that stands beside them.
    fn listed(&mut self, schema: At<'d>, values: At<'d>) {
        let types = Types::of(schema);
        let fits = |value: At<'_>| types.take(value) || retyped(value, types).is_some();
        if values.items().len() > 0 && !values.items().any(fits) {
            let message = format!("no value is possible: none that is listed is {}", types.in_words());
            self.remark(values, message);
        }
    }

    fn bounds(&mut self, at: At<'d>) {
        for (least, most) in [
            ("minimum", "maximum"),
            ("minLength", "maxLength"),
            ("minItems", "maxItems"),
            ("minProperties", "maxProperties"),
        ] {
            let number = |name: &str| at.get(name).and_then(At::number).and_then(|text| text.parse::<f64>().ok());
            if let (Some(low), Some(high), Some(place)) = (number(least), number(most), at.get(least))
                && low > high
            {
                let message = format!("no value is possible: `{least}: {low}` is more than `{most}: {high}`");
                self.remark(place, message);
            }
        }
    }

    /// Checks that the parts of `allOf` have a type in common.
    fn parts(&mut self, at: At<'d>) {
        let Some(parts) = at.get("allOf") else { return };
        let own = parts.items().filter_map(|part| part.resolve().ok()).map(Types::of);
        let all = own.fold(Types::of(at), Types::and);
        if !all.has(Types::ALL) {
            let message = "no value is possible: the parts of `allOf` ask for different types".to_owned();
            self.remark(parts, message);
        }
    }
}

fn allows_everything(schema: At<'_>) -> bool {
    schema.kind() == Kind::True || (schema.is_object() && schema.members().len() == 0)
}
