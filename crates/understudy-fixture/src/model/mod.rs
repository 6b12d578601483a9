//! What files say, typed. Everything here is plain data; `==` compares meaning.

mod content;
mod delay;
mod diff;
mod fixture;
mod path;
mod pattern;
mod project;
mod rule;
mod size;
mod verified;

pub use content::{GraphqlQuery, XmlBody, XmlRule};
pub use delay::{Delay, parse_duration, write_duration};
pub use diff::{AcceptedChange, ChangeLevel, Diff, RuleLevel};
pub use fixture::{
    BodyFile, Capture, CaptureFrom, Field, FieldMatcher, Fixture, Graphql, HeaderPromise, Known, LargeFile,
    MethodMatcher, NamedPart, PartContent, PathRule, RequestBody, RequestPromise, ResponseBody, ResponsePromise,
    Select, Verify, When, has_no_body,
};
pub use path::{PathTemplate, Segment, SegmentPart};
pub use pattern::{Pattern, PatternPart};
pub use project::{BODY_MAX, Backend, EnvText, Mode, Project, Redact, Requests, Service, TrailingSlash};
pub use rule::{Check, Expression, Format, JsonType, Rule, Search};
pub use size::{parse_size, write_size};
