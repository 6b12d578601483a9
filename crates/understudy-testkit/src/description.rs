//! OpenAPI descriptions, each made from a number.

use super::pick;
use std::fmt::Write as _;
use understudy_match::Chance;

/// The number of named schemas of a description.
const SCHEMAS: u64 = 6;
/// The depth of nested schemas.
const DEPTH_MAX: usize = 3;

/// The OpenAPI description of a number, as JSON. Its named schemas refer to each other, and some to themselves.
#[must_use]
pub fn description(seed: u64) -> String {
    let mut chance = Chance::from_seed(seed);
    let mut made = Description { is_modern: seed % 2 == 1, chance: &mut chance };
    let version = if made.is_modern { "3.1.0" } else { "3.0.3" };
    let schemas: Vec<String> = (0..SCHEMAS).map(|number| format!(r#""S{number}":{}"#, made.object(0))).collect();
    let paths: Vec<String> = (0..4).map(|number| made.path(number)).collect();
    format!(
        r#"{{"openapi":"{version}","info":{{"title":"Made {seed}","version":"1"}},"paths":{{{}}},"components":{{"schemas":{{{}}}}}}}"#,
        paths.join(","),
        schemas.join(",")
    )
}

struct Description<'c> {
    is_modern: bool,
    chance: &'c mut Chance,
}

impl Description<'_> {
    fn path(&mut self, number: u64) -> String {
        let (answer, body, parameter, header) = (self.schema(0), self.schema(0), self.scalar(), self.scalar());
        let required = self.chance.below(2) == 0;
        format!(
            r#""/t{number}/{{id}}":{{"parameters":[{{"name":"id","in":"path","required":true,"schema":{{"type":"string"}}}}],"put":{{"operationId":"put{number}","parameters":[{{"name":"q","in":"query","required":{required},"schema":{parameter}}}],"requestBody":{{"required":{required},"content":{{"application/json":{{"schema":{body}}}}}}},"responses":{{"200":{{"description":"ok","headers":{{"X-A":{{"schema":{header}}}}},"content":{{"application/json":{{"schema":{answer}}}}}}},"default":{{"description":"else"}}}}}}}}"#
        )
    }

    fn schema(&mut self, depth: usize) -> String {
        if depth >= DEPTH_MAX {
            return self.reference();
        }
        match self.chance.below(8) {
            0 | 1 => self.reference(),
            2 => format!(r#"{{"type":"array","items":{}}}"#, self.schema(depth + 1)),
            3 => format!(r#"{{"allOf":[{},{}]}}"#, self.reference(), self.object_of("own", depth + 1)),
            4 => format!(r#"{{"oneOf":[{},{},{}]}}"#, self.reference(), self.scalar(), self.object(depth + 1)),
            5 => self.object(depth),
            _ => self.scalar(),
        }
    }

    fn reference(&mut self) -> String {
        format!(r##"{{"$ref":"#/components/schemas/S{}"}}"##, self.chance.below(SCHEMAS))
    }

    fn object(&mut self, depth: usize) -> String {
        self.object_of("m", depth)
    }

    /// An object whose members' names begin alike. Those beside a reference have other names: schemas that are put together
    /// at every member, and lead back to themselves, are more than a test can wait for.
    fn object_of(&mut self, start: &str, depth: usize) -> String {
        let count = 1 + self.chance.below(4);
        let members: Vec<String> =
            (0..count).map(|number| format!(r#""{start}{number}":{}"#, self.schema(depth + 1))).collect();
        let required: Vec<String> =
            (0..self.chance.below(count + 1)).map(|number| format!(r#""{start}{number}""#)).collect();
        let mut out = format!(r#"{{"type":"object","properties":{{{}}}"#, members.join(","));
        if !required.is_empty() {
            let _ = write!(out, r#","required":[{}]"#, required.join(","));
        }
        out.push_str(pick(
            self.chance,
            &["", "", r#","additionalProperties":false"#, r#","minProperties":1"#, r#","description":"a thing""#],
        ));
        out + "}"
    }

    fn scalar(&mut self) -> String {
        const SCALARS: [&str; 10] = [
            r#""type":"string""#,
            r#""type":"string","format":"uuid""#,
            r#""type":"string","enum":["a","b","c"]"#,
            r#""type":"string","minLength":1,"maxLength":9"#,
            r#""type":"string","pattern":"^[a-z]+$","default":"abc""#,
            r#""type":"integer","format":"int32","minimum":1"#,
            r#""type":"integer","default":7"#,
            r#""type":"number","multipleOf":0.5"#,
            r#""type":"boolean""#,
            r#""type":"string","deprecated":true"#,
        ];
        let scalar = pick(self.chance, &SCALARS);
        match (self.chance.below(5), self.is_modern) {
            (0, false) => format!(r#"{{{scalar},"nullable":true}}"#),
            (0, true) => format!(r#"{{"anyOf":[{{{scalar}}},{{"type":"null"}}]}}"#),
            _ => format!("{{{scalar}}}"),
        }
    }
}
