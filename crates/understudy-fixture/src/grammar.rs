//! Every key that a file may hold: one table for reading, for hints and for the JSON Schema.

/// A map with known keys.
#[derive(Debug)]
pub struct Object {
    /// What it is called in messages: "a fixture".
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
    /// Keys of the format that this version does not support yet.
    pub later: &'static [&'static str],
}

/// One key of an [`Object`].
#[derive(Debug)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// What it is for, in one line; editors show it.
    pub doc: &'static str,
}

/// What a value looks like.
#[derive(Debug)]
pub enum Shape {
    /// A single value that is taken as text.
    Text,
    /// A whole number in a range.
    Whole(i64, i64),
    /// `true` or `false`.
    Flag,
    /// A length of time: `120ms`, `2s`, `1m`.
    Duration,
    /// Any JSON.
    Json,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A map with known keys.
    Object(&'static Object),
    /// A map from names of the user's choice.
    MapOf(&'static Shape),
    /// A list.
    ListOf(&'static Shape),
    /// Any of these.
    AnyOf(&'static [Shape]),
    /// A one-word rule or a rule map.
    Rule,
}

const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, shape, doc }
}

/// Rules that are one word.
pub const RULE_WORDS: &[&str] = &[
    "like",
    "exact",
    "any",
    "ignore",
    "absent",
    "unordered",
    "string",
    "number",
    "integer",
    "boolean",
    "array",
    "object",
    "null",
    "uuid",
    "date",
    "time",
    "date-time",
    "email",
    "uri",
    "ipv4",
    "ipv6",
    "hostname",
    "base64",
];

const TEXTS: Shape = Shape::ListOf(&Shape::Text);
const FIELD: Shape = Shape::AnyOf(&[Shape::Text, TEXTS, Shape::Object(&RULE)]);
const VALUE: Shape = Shape::AnyOf(&[Shape::Text, Shape::Object(&RULE)]);
const FIELDS: Shape = Shape::MapOf(&FIELD);
const STATES: Shape = Shape::MapOf(&Shape::AnyOf(&[Shape::Text, TEXTS]));
const RULES: Shape = Shape::MapOf(&Shape::Rule);

/// `{type: integer, min: 0}`
pub static RULE: Object = Object {
    name: "a rule",
    later: &[],
    keys: &[
        key("type", Shape::Words(RULE_WORDS), "A one-word rule; it and all other keys must hold."),
        key("equals", Shape::Json, "Equals this value, all the way down."),
        key("matches", Shape::Text, "A regular expression that the whole value matches."),
        key("contains", Shape::Text, "A part of the text."),
        key("starts_with", Shape::Text, "The start of the text."),
        key("one_of", Shape::ListOf(&Shape::Json), "One of these values."),
        key("min", Shape::Json, "The least number, or the least length of a string or array."),
        key("max", Shape::Json, "The greatest number, or the greatest length of a string or array."),
        key("each", Shape::Rule, "Every element of the array, or every value of the object, obeys this."),
        key("keys", Shape::Rule, "Every key of the object obeys this."),
        key("optional", Shape::Rule, "Is missing, or obeys this."),
        key("nullable", Shape::Rule, "Is null, or obeys this."),
        key("not", Shape::Rule, "Is there, and does not obey this."),
        key("example", Shape::Json, "What the contract test sends and the stub answers."),
        key("fresh", Shape::Flag, "The stub answers with a new value that obeys the rule instead of the example."),
    ],
};

/// A file of a service.
pub static FIXTURE: Object = Object {
    name: "a fixture",
    later: &["resource"],
    keys: &[
        key("name", Shape::Text, "What the fixture is called; by default its method and path."),
        key("owner", Shape::Text, "Who answers for it; by default the service's owner."),
        key("tags", TEXTS, "Words to choose fixtures by."),
        key("enabled", Shape::Flag, "Whether it is served and verified; by default yes."),
        key("priority", Shape::Whole(-1_000_000, 1_000_000), "Higher wins; by default 0."),
        key(
            "request",
            Shape::Object(&REQUEST),
            r"Which requests it answers, and what the contract test sends. `{{name}}` is a captured value, `\{{name}}` plain text.",
        ),
        key(
            "response",
            Shape::AnyOf(&[Shape::Object(&RESPONSE), Shape::ListOf(&Shape::Object(&RESPONSE))]),
            "What the stub answers, and what the backend is held to; of a list, the first.",
        ),
        key("select", Shape::Words(&["cycle", "in_order", "random"]), "How a list of responses is walked."),
        key("when", STATES, "Matches only in this state; a list is any of these."),
        key("set", Shape::MapOf(&Shape::Text), "What answering sets the state to."),
        key("verify", Shape::Object(&VERIFY), "How it is replayed as a contract test."),
    ],
};

/// `request:`
pub static REQUEST: Object = Object {
    name: "a request",
    later: &[],
    keys: &[
        key("method", Shape::Text, "GET, POST, ... or ANY; by default GET."),
        key("path", Shape::Text, "/pets/{id}: segments, {parameters} and {*rest}."),
        key("params", FIELDS, "Parameters of the path."),
        key("query", FIELDS, "Parameters of the query; those not listed are ignored."),
        key(
            "headers",
            FIELDS,
            "Header fields; those not listed are ignored. `{type: ignore, example: v}` is only sent.",
        ),
        key("cookies", FIELDS, "Cookies; those not listed are ignored."),
        key("body", Shape::Object(&REQUEST_BODY), "The content; members that are not written are ignored."),
        key(
            "match",
            RULES,
            "Rules for parts of the body: by JSONPath, in XML by path (/a/b[1]/@c), `$` for the whole of a text.",
        ),
        key("strict", Shape::Flag, "Refuses query parameters, form fields and body members that are not written."),
    ],
};

/// `request: { body: }`
pub static REQUEST_BODY: Object = Object {
    name: "a request body",
    later: &[],
    keys: &[
        key("json", Shape::Json, "A JSON value."),
        key("text", Shape::Text, "Text."),
        key("xml", Shape::Text, "XML, compared by its meaning."),
        key("form", FIELDS, "The fields of an urlencoded form."),
        key("multipart", Shape::ListOf(&Shape::Object(&PART)), "The parts of a multipart form."),
        key(
            "graphql",
            Shape::AnyOf(&[Shape::Object(&GRAPHQL), Shape::ListOf(&Shape::Object(&GRAPHQL))]),
            "A GraphQL request, or a list of them; the query is compared by its meaning.",
        ),
        key("base64", Shape::Text, "Bytes, in base64."),
        key("file", Shape::Text, "Bytes, from a file of the service's folder."),
    ],
};

/// One of `multipart:`
pub static PART: Object = Object {
    name: "a part",
    later: &[],
    keys: &[
        key("name", Shape::Text, "The field's name."),
        key("filename", VALUE, "The file's name."),
        key("type", VALUE, "The part's content type."),
        key("text", VALUE, "The content as text."),
        key("json", Shape::Json, "The content as JSON."),
        key("file", Shape::Text, "The content, from a file of the service's folder."),
        key("match", RULES, "Rules for the content: by JSONPath, `$` for the whole of a text or file."),
    ],
};

/// `graphql:`
pub static GRAPHQL: Object = Object {
    name: "a GraphQL request",
    later: &[],
    keys: &[
        key("operation", Shape::Text, "The operation's name."),
        key("query", Shape::Text, "The document."),
        key("variables", Shape::Json, "The variables; those not written are ignored."),
        key("extensions", Shape::Json, "The extensions, as of persisted queries; members not written are ignored."),
    ],
};

/// `response:`
pub static RESPONSE: Object = Object {
    name: "a response",
    later: &["throttle", "fault", "template", "script", "stream"],
    keys: &[
        key("when", STATES, "Of a list: answers in this state, instead of those without."),
        key("status", Shape::Whole(200, 599), "The status code; by default 200."),
        key("headers", FIELDS, "Header fields: values, lists for repeated ones, or rules with an example."),
        key("body", Shape::Object(&RESPONSE_BODY), "The content. Without it, nothing is sent or looked at."),
        key(
            "match",
            RULES,
            "Rules for parts of the body: by JSONPath, the rest is held by its shape; in XML by path (/a/b[1]/@c).",
        ),
        key(
            "delay",
            Shape::AnyOf(&[Shape::Text, Shape::Object(&DELAY)]),
            "How long the stub waits: 120ms, 100ms..300ms or {p50: 80ms, p99: 2s}.",
        ),
        key("set", Shape::MapOf(&Shape::Text), "What answering with it sets the state to."),
    ],
};

/// `response: { body: }`
pub static RESPONSE_BODY: Object = Object {
    name: "a response body",
    later: &[],
    keys: &[
        key("json", Shape::Json, "A JSON value, sent as it is written and without white space."),
        key("text", Shape::Text, "Text."),
        key("xml", Shape::Text, "XML, sent as it is written and compared by its meaning."),
        key("base64", Shape::Text, "Bytes, in base64."),
        key("file", Shape::Text, "Bytes, from a file of the service's folder."),
    ],
};

/// `delay: {p50:, p99:}`
pub static DELAY: Object = Object {
    name: "a delay",
    later: &[],
    keys: &[
        key("p50", Shape::Duration, "Half of the answers take longer."),
        key("p99", Shape::Duration, "One answer in a hundred takes longer."),
    ],
};

/// `verify:`
pub static VERIFY: Object = Object {
    name: "a verify block",
    later: &[],
    keys: &[
        key("skip", Shape::Text, "Why it is not replayed."),
        key("safe", Shape::Flag, "This write method only reads: it may be sent where writes are not allowed."),
        key(
            "given",
            Shape::AnyOf(&[Shape::Text, TEXTS]),
            "What has to be so at the backend: told to its `states` endpoint before, and taken back after.",
        ),
        key("after", Shape::AnyOf(&[Shape::Text, TEXTS]), "The fixtures that run before it."),
        key(
            "again",
            Shape::AnyOf(&[Shape::Text, TEXTS]),
            "Fixtures that are sent once more before it, for it and those after it: it uses up what they make.",
        ),
        key(
            "follows",
            Shape::AnyOf(&[Shape::Text, TEXTS]),
            "Fixtures that are sent before it where they are sent at all, whatever comes of them.",
        ),
        key(
            "capture",
            Shape::MapOf(&Shape::AnyOf(&[Shape::Text, Shape::Object(&CAPTURE)])),
            "Values of the real answer, for the fixtures after it: a JSONPath, a header, a cookie, or a part of its text.",
        ),
        key(
            "response",
            Shape::Whole(1, 1_000_000),
            "Which of the responses is the promise; the first where it is not said.",
        ),
        key(
            "status",
            Shape::AnyOf(&[Shape::Whole(100, 599), Shape::ListOf(&Shape::Whole(100, 599))]),
            "The statuses that keep the promise, instead of the response's.",
        ),
        key("timeout", Shape::Duration, "How long the answer may take."),
        key("known", Shape::ListOf(&Shape::Object(&KNOWN)), "Differences that are accepted for now."),
    ],
};

/// `capture: { name: {header:, ...} }`
pub static CAPTURE: Object = Object {
    name: "a capture",
    later: &[],
    keys: &[
        key("header", Shape::Text, "The header field."),
        key("cookie", Shape::Text, "The cookie that the answer sets."),
        key(
            "matches",
            Shape::Text,
            "A regular expression for the header, or else for the body's text; its first group is taken, or all of it.",
        ),
        key("query", Shape::Text, "A query parameter of the URL that the header holds."),
    ],
};

/// One of `known:`
pub static KNOWN: Object = Object {
    name: "a known difference",
    later: &[],
    keys: &[
        key("path", Shape::Text, "Where: a JSONPath such as $.items[*].email, a header's name, or `status`."),
        key("kind", Shape::Words(DIFFERENCES), "What kind of difference."),
        key("why", Shape::Text, "Why it is accepted."),
        key("until", Shape::Text, "The last day (UTC) on which it is: 2026-12-31."),
    ],
};

/// The kinds of difference, as they are written.
pub const DIFFERENCES: &[&str] =
    &["status", "header", "missing", "added", "type", "value", "no-answer", "capture", "described"];

/// `understudy.yaml`
pub static PROJECT: Object = Object {
    name: "a project",
    later: &[],
    keys: &[
        key("version", Shape::Whole(1, 1), "The format's version: 1."),
        key("port", Shape::Whole(0, 65_535), "One shared port, with the services as http://NAME.localhost:PORT."),
        key("services", Shape::MapOf(&Shape::Object(&SERVICE)), "The services, by name."),
        key("redact", Shape::Object(&REDACT), "What is hidden in reports, beside the built-in list."),
        key("diff", Shape::Object(&DIFF), "How much changes between two descriptions matter."),
    ],
};

/// `diff:` of a project.
pub static DIFF: Object = Object {
    name: "diff",
    later: &[],
    keys: &[
        key(
            "rules",
            Shape::MapOf(&Shape::Words(CHANGE_LEVELS)),
            "Levels of rules by their ids; `understudy diff --explain ID` says what a rule means.",
        ),
        key("accepted", Shape::ListOf(&Shape::Object(&ACCEPTED_CHANGE)), "Changes that are accepted for now."),
    ],
};

/// The levels of a change.
pub const CHANGE_LEVELS: &[&str] = &["ignore", "warn", "break"];

/// One of `accepted:`
pub static ACCEPTED_CHANGE: Object = Object {
    name: "an accepted change",
    later: &[],
    keys: &[
        key("rule", Shape::Text, "The rule's id: parameter-removed."),
        key("operation", Shape::Text, "The operation: GET /items; any by default."),
        key("place", Shape::Text, "The place, as the report names it: query page; any by default."),
        key("why", Shape::Text, "Why it is accepted."),
        key("until", Shape::Text, "The last day (UTC) on which it is: 2026-12-31."),
    ],
};

/// What can happen to the requests of a service.
pub const MODES: &[&str] = &["mock", "passthrough", "fallback", "record"];

/// What can be done about requests that are not what a description says.
pub const REQUESTS: &[&str] = &["refuse", "report", "accept"];

/// The possible meanings of a slash at the end of a path.
pub const TRAILING_SLASH: &[&str] = &["exact", "ignore"];

/// One of `services:`
pub static SERVICE: Object = Object {
    name: "a service",
    later: &[],
    keys: &[
        key("port", Shape::Whole(0, 65_535), "The port it is served on; 0, the default, is any free one."),
        key("dir", Shape::Text, "The folder of its fixtures; by default fixtures/NAME."),
        key("base", Shape::Text, "A prefix of every path."),
        key("owner", Shape::Text, "Who answers for it; shown in reports."),
        key("openapi", Shape::Text, "The agreed description, relative to dir. It answers what no fixture does."),
        key(
            "requests",
            Shape::Words(REQUESTS),
            "What is done about requests that are not what the description says, where it answers; by default refuse.",
        ),
        key("mode", Shape::Words(MODES), "What happens to requests; by default mock."),
        key(
            "backend",
            Shape::Text,
            "The backend that passthrough, fallback, record and verify use; by default the only one.",
        ),
        key(
            "trailing_slash",
            Shape::Words(TRAILING_SLASH),
            "Whether a slash at the end of a path counts: exact, the default, or ignore.",
        ),
        key(
            "cors",
            Shape::AnyOf(&[Shape::Flag, Shape::Object(&CORS)]),
            "Whether browsers on other origins may call it; by default yes. Before a backend, only pages on this machine \
             and listed ones.",
        ),
        key(
            "hosts",
            TEXTS,
            "Names of this machine, beside localhost, under which its backend may be reached: shop.test.",
        ),
        key("delay", Shape::AnyOf(&[Shape::Text, Shape::Object(&DELAY)]), "The delay of responses that name none."),
        key("body_max", Shape::Text, "How large a request, and a verified response, may be; by default 64MiB."),
        key("verify", Shape::Object(&SERVICE_VERIFY), "Defaults of the fixtures' verify blocks."),
        key("backends", Shape::MapOf(&Shape::Object(&BACKEND)), "The real servers, by name."),
        key(
            "addresses",
            TEXTS,
            "More addresses that stand for the service itself in responses, beside those of its backends. ${NAME} is \
             taken from the environment.",
        ),
    ],
};

/// `services: { NAME: { cors: } }`
pub static CORS: Object = Object {
    name: "`cors`",
    later: &[],
    keys: &[key(
        "origins",
        TEXTS,
        "The pages that may reach the backend, beside those on this machine: https://app.example.com.",
    )],
};

/// `services: { NAME: { verify: } }`
pub static SERVICE_VERIFY: Object = Object {
    name: "a service's verify block",
    later: &[],
    keys: &[
        key("after", Shape::AnyOf(&[Shape::Text, TEXTS]), "The fixtures that run before all others."),
        key("timeout", Shape::Duration, "How long an answer may take."),
    ],
};

/// One of `backends:`
pub static BACKEND: Object = Object {
    name: "a backend",
    later: &[],
    keys: &[
        key(
            "url",
            Shape::Text,
            "Where it is: http://127.0.0.1:8080; h2c:// is HTTP/2 without TLS. ${NAME} is taken from the environment.",
        ),
        key(
            "ca",
            Shape::Text,
            "A PEM file of certificates to trust as well, from this file on. ${NAME} is taken from the environment.",
        ),
        key("writes", Shape::Flag, "Whether write methods may be sent there; by default no."),
        key("headers", Shape::MapOf(&Shape::Text), "Added to every request. ${NAME} is taken from the environment."),
        key("vars", Shape::MapOf(&Shape::Text), "Values of {{name}} in requests."),
        key("states", Shape::Text, "Where fixtures' `given` is posted to. ${NAME} is taken from the environment."),
        key("parallel", Shape::Flag, "Whether write flows may run side by side; by default no."),
    ],
};

/// `redact:`
pub static REDACT: Object = Object {
    name: "a redact block",
    later: &[],
    keys: &[
        key("headers", TEXTS, "Header fields that carry secrets."),
        key("json", TEXTS, "JSONPaths of members that carry secrets."),
        key("keep", TEXTS, "Names of fields, parameters, cookies and members that are no secrets."),
    ],
};
