//! The rules: every kind of change that is reported, with whom it breaks and what it means.
//!
//! A rule of a schema has two ids, one for each direction: `request-null-added` and `answer-null-added`. Whom it breaks
//! follows from what became of the allowed values and from the direction.

use crate::schema::Direction;

/// The level of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// It breaks clients or backends.
    Break,
    /// It breaks nobody at once, and somebody may have to do something about it.
    Warn,
    /// It breaks nobody.
    Add,
}

/// The sides that a change breaks while they keep to the old version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Breaks {
    pub(super) consumers: bool,
    pub(super) providers: bool,
    pub(super) level: Level,
}

pub(super) const CONSUMERS: Breaks = Breaks { consumers: true, providers: false, level: Level::Break };
pub(super) const PROVIDERS: Breaks = Breaks { consumers: false, providers: true, level: Level::Break };
const BOTH: Breaks = Breaks { consumers: true, providers: true, level: Level::Break };
const NOBODY: Breaks = Breaks { consumers: false, providers: false, level: Level::Add };
const WARNING: Breaks = Breaks { consumers: false, providers: false, level: Level::Warn };

/// The change of the set of values that a schema allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// There is more that may be there, or not.
    Added,
    /// Something is not there any more.
    Gone,
    /// More is allowed.
    Widened,
    /// Less is allowed.
    Narrowed,
    /// Something else is allowed.
    Changed,
    /// The same is allowed, and something else is said of it.
    Noted,
}

impl Effect {
    pub(super) fn breaks(self, direction: Direction) -> Breaks {
        match (self, direction) {
            (Self::Added, _) => NOBODY,
            (Self::Gone, _) => CONSUMERS,
            (Self::Changed, _) => BOTH,
            (Self::Noted, _) => WARNING,
            (Self::Narrowed, Direction::Request) | (Self::Widened, Direction::Response) => CONSUMERS,
            (Self::Widened, Direction::Request) | (Self::Narrowed, Direction::Response) => PROVIDERS,
        }
    }
}

/// A rule about operations, parameters, bodies and responses.
#[derive(Debug)]
pub(super) struct PlainRule {
    pub(super) id: &'static str,
    pub(super) breaks: Breaks,
    about: &'static str,
}

/// A rule about schemas.
#[derive(Debug)]
pub(super) struct SchemaRule {
    /// Without the direction.
    pub(super) name: &'static str,
    pub(super) effect: Effect,
    about: &'static str,
}

impl SchemaRule {
    pub(super) fn id(&self, direction: Direction) -> String {
        format!("{}-{}", side(direction), self.name)
    }
}

/// The prefix of the ids of rules about a direction.
pub(super) fn side(direction: Direction) -> &'static str {
    match direction {
        Direction::Request => "request",
        Direction::Response => "answer",
    }
}

/// A rule as it is shown to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its id, which is in reports and settings: `answer-null-added`.
    pub id: String,
    /// The kind of change, as a sentence.
    pub about: &'static str,
    /// True if it breaks clients that keep to the old version.
    pub consumers: bool,
    /// True if it breaks backends that keep to the old version.
    pub providers: bool,
    /// The level that it has where a project sets no other.
    pub level: Level,
}

impl Rule {
    /// All rules, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        let rule = |id: String, about: &'static str, breaks: Breaks| Self {
            id,
            about,
            consumers: breaks.consumers,
            providers: breaks.providers,
            level: breaks.level,
        };
        let plain = PLAIN.iter().map(move |plain| rule(plain.id.to_owned(), plain.about, plain.breaks));
        let schema = SCHEMA.iter().flat_map(move |schema| {
            [Direction::Request, Direction::Response]
                .map(|direction| rule(schema.id(direction), schema.about, schema.effect.breaks(direction)))
        });
        plain.chain(schema)
    }

    /// The rule with an id.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::all().find(|rule| rule.id == id)
    }
}

macro_rules! plain_rules {
    ($($name:ident = $id:literal, $breaks:ident, $about:literal;)*) => {
        $(pub(super) static $name: PlainRule = PlainRule { id: $id, breaks: $breaks, about: $about };)*
        static PLAIN: &[&PlainRule] = &[$(&$name),*];
    };
}

macro_rules! schema_rules {
    ($($rule:ident = $name:literal, $effect:ident, $about:literal;)*) => {
        $(pub(super) static $rule: SchemaRule = SchemaRule { name: $name, effect: Effect::$effect, about: $about };)*
        static SCHEMA: &[&SchemaRule] = &[$(&$rule),*];
    };
}

plain_rules! {
    SERVER_PATH_REMOVED = "server-path-removed", CONSUMERS,
        "No server has a path any more that one had: requests below it reach nothing.";
    OPERATION_REMOVED = "operation-removed", CONSUMERS,
        "An operation is gone: clients that use it get an error.";
    OPERATION_REMOVED_AFTER_SUNSET = "operation-removed-after-sunset", WARNING,
        "A deprecated operation is gone, after the day that its `x-sunset` announced.";
    OPERATION_ADDED = "operation-added", NOBODY, "An operation is new.";
    OPERATION_DEPRECATED = "operation-deprecated", WARNING,
        "An operation is deprecated now: it works as before, and clients should stop using it.";
    OPERATION_REACTIVATED = "operation-reactivated", NOBODY, "An operation is not deprecated any more.";
    OPERATION_SUNSET_ADDED = "operation-sunset-added", WARNING,
        "The last day of an operation is announced now (`x-sunset`).";
    OPERATION_SUNSET_SOONER = "operation-sunset-sooner", CONSUMERS,
        "An operation ends sooner than was announced: clients have less time than they planned with.";
    OPERATION_SUNSET_LATER = "operation-sunset-later", NOBODY, "An operation ends later than was announced.";
    OPERATION_SUNSET_REMOVED = "operation-sunset-removed", WARNING,
        "The last day of an operation is not announced any more, though it is still deprecated.";
    SECURITY_ADDED = "security-added", CONSUMERS,
        "Credentials are asked for where none were: requests without them are refused.";
    SECURITY_REMOVED = "security-removed", NOBODY, "Credentials are not asked for any more.";
    SECURITY_ALTERNATIVE_REMOVED = "security-alternative-removed", CONSUMERS,
        "Credentials that were enough are not enough any more.";
    SECURITY_ALTERNATIVE_ADDED = "security-alternative-added", NOBODY, "Other credentials are enough, too.";
    SECURITY_SCOPE_ADDED = "security-scope-added", CONSUMERS,
        "A scope is asked for: tokens without it are refused.";
    SECURITY_SCOPE_REMOVED = "security-scope-removed", NOBODY, "A scope is not asked for any more.";
    SECURITY_ADDRESS_CHANGED = "security-address-changed", WARNING,
        "The address changed at which clients get their tokens: those that know the old one by heart need the new one.";
    PARAMETER_REMOVED = "parameter-removed", CONSUMERS,
        "A parameter is gone: what clients say with it has no effect, or is refused.";
    PARAMETER_REMOVED_AFTER_SUNSET = "parameter-removed-after-sunset", WARNING,
        "A deprecated parameter is gone, after the day that its `x-sunset` announced.";
    REQUIRED_PARAMETER_ADDED = "required-parameter-added", CONSUMERS,
        "A parameter is new and required: requests without it are refused.";
    OPTIONAL_PARAMETER_ADDED = "optional-parameter-added", NOBODY, "A parameter is new and optional.";
    PARAMETER_BECAME_REQUIRED = "parameter-became-required", CONSUMERS,
        "A parameter is required now: requests without it are refused.";
    PARAMETER_BECAME_OPTIONAL = "parameter-became-optional", PROVIDERS,
        "A parameter is optional now: backends that keep to the old version refuse requests without it.";
    PARAMETER_STYLE_CHANGED = "parameter-style-changed", BOTH,
        "A parameter's value is written in another way (`style`, `explode`, `collectionFormat` or `content`).";
    PARAMETER_EMPTY_ALLOWED = "parameter-empty-allowed", PROVIDERS,
        "A parameter may be there without a value (`allowEmptyValue`).";
    PARAMETER_EMPTY_REFUSED = "parameter-empty-refused", CONSUMERS,
        "A parameter may not be there without a value any more (`allowEmptyValue`).";
    PARAMETER_DEPRECATED = "parameter-deprecated", WARNING,
        "A parameter is deprecated now: it works as before, and clients should stop using it.";
    PARAMETER_REACTIVATED = "parameter-reactivated", NOBODY, "A parameter is not deprecated any more.";
    PARAMETER_SUNSET_ADDED = "parameter-sunset-added", WARNING,
        "The last day of a parameter is announced now (`x-sunset`).";
    PARAMETER_SUNSET_SOONER = "parameter-sunset-sooner", CONSUMERS,
        "A parameter ends sooner than was announced: clients have less time than they planned with.";
    PARAMETER_SUNSET_LATER = "parameter-sunset-later", NOBODY, "A parameter ends later than was announced.";
    PARAMETER_SUNSET_REMOVED = "parameter-sunset-removed", WARNING,
        "The last day of a parameter is not announced any more, though it is still deprecated.";
    BODY_REMOVED = "body-removed", CONSUMERS,
        "A request has no body any more: what clients say with it has no effect, or is refused.";
    REQUIRED_BODY_ADDED = "required-body-added", CONSUMERS,
        "A request has a body, which is required: requests without one are refused.";
    OPTIONAL_BODY_ADDED = "optional-body-added", NOBODY, "A request may have a body.";
    BODY_BECAME_REQUIRED = "body-became-required", CONSUMERS,
        "A request's body is required now: requests without one are refused.";
    BODY_BECAME_OPTIONAL = "body-became-optional", PROVIDERS,
        "A request's body is optional now: backends that keep to the old version refuse requests without one.";
    REQUEST_MEDIA_TYPE_REMOVED = "request-media-type-removed", CONSUMERS,
        "A media type of request bodies is gone: requests in it are refused.";
    REQUEST_MEDIA_TYPE_ADDED = "request-media-type-added", NOBODY, "Request bodies may have another media type, too.";
    ANSWER_MEDIA_TYPE_REMOVED = "answer-media-type-removed", CONSUMERS,
        "A media type of response bodies is gone: clients that ask for it do not get it.";
    ANSWER_MEDIA_TYPE_ADDED = "answer-media-type-added", NOBODY, "Response bodies may have another media type, too.";
    ANSWER_STATUS_REMOVED = "answer-status-removed", CONSUMERS,
        "A status is not documented any more. A success (2xx, 3xx) that is gone breaks consumers, which wait for it; an \
         error that is gone breaks providers, which send it.";
    ANSWER_STATUS_ADDED = "answer-status-added", NOBODY, "Another status is documented.";
    ANSWER_HEADER_REMOVED = "answer-header-removed", CONSUMERS,
        "A response has a header field no more that clients may read.";
    ANSWER_HEADER_ADDED = "answer-header-added", NOBODY, "A response has another header field.";
    ANSWER_HEADER_BECAME_OPTIONAL = "answer-header-became-optional", CONSUMERS,
        "A header field of a response may be missing now, which clients do not expect.";
    ANSWER_HEADER_BECAME_REQUIRED = "answer-header-became-required", PROVIDERS,
        "A header field of a response is always there now: backends that keep to the old version leave it out.";
    REQUEST_PART_TYPE_REMOVED = "request-part-type-removed", CONSUMERS,
        "A part of a form may not have a media type any more (`encoding.contentType`).";
    REQUEST_PART_TYPE_ADDED = "request-part-type-added", PROVIDERS,
        "A part of a form may have another media type (`encoding.contentType`).";
    REQUEST_PART_STYLE_CHANGED = "request-part-style-changed", BOTH,
        "A field of a form is written in another way (`encoding.style`, `encoding.explode` or `collectionFormat`).";
    ANSWER_PART_TYPE_REMOVED = "answer-part-type-removed", PROVIDERS,
        "A part of a multipart response does not have a media type any more (`encoding.contentType`).";
    ANSWER_PART_TYPE_ADDED = "answer-part-type-added", CONSUMERS,
        "A part of a multipart response may have another media type, which clients cannot know (`encoding.contentType`).";
    ANSWER_PART_STYLE_CHANGED = "answer-part-style-changed", BOTH,
        "A part of a multipart response is written in another way (`encoding.style` or `encoding.explode`).";
}

schema_rules! {
    TYPE_WIDENED = "type-widened", Widened, "A value may be of another type, too.";
    TYPE_NARROWED = "type-narrowed", Narrowed, "A value may be of fewer types.";
    TYPE_CHANGED = "type-changed", Changed, "A value is of another type.";
    NULL_ADDED = "null-added", Widened, "A value may be null.";
    NULL_REMOVED = "null-removed", Narrowed, "A value is never null any more.";
    VALUE_ADDED = "value-added", Widened, "The values that are listed (`enum`, `const`) are more.";
    VALUE_REMOVED = "value-removed", Narrowed, "The values that are listed (`enum`, `const`) are fewer.";
    VALUES_LISTED = "values-listed", Narrowed, "The possible values are listed now (`enum`, `const`).";
    VALUES_UNLISTED = "values-unlisted", Widened, "The possible values are not listed any more (`enum`, `const`).";
    DEFAULT_ADDED = "default-added", Noted, "It is said now which value is assumed where none is given (`default`).";
    DEFAULT_CHANGED = "default-changed", Gone,
        "Another value is assumed where none is given (`default`): whoever leaves it out means something else.";
    DEFAULT_REMOVED = "default-removed", Gone,
        "It is not said any more which value is assumed where none is given (`default`): whoever leaves it out cannot \
         rely on it.";
    FORMAT_ADDED = "format-added", Narrowed, "A value has a format.";
    FORMAT_REMOVED = "format-removed", Widened, "A value has no format any more.";
    FORMAT_WIDENED = "format-widened", Widened,
        "A value has a format that allows all that the old one does: int64 instead of int32.";
    FORMAT_NARROWED = "format-narrowed", Narrowed,
        "A value has a format that allows less than the old one: int32 instead of int64.";
    FORMAT_CHANGED = "format-changed", Changed, "A value has another format.";
    PATTERN_ADDED = "pattern-added", Narrowed, "A text matches a pattern.";
    PATTERN_REMOVED = "pattern-removed", Widened, "A text need not match a pattern any more.";
    PATTERN_CHANGED = "pattern-changed", Changed,
        "A text matches another pattern. Which of two patterns allows more is not known, so it breaks both sides.";
    ENCODING_ADDED = "encoding-added", Narrowed,
        "A text holds encoded bytes, or a document (`contentEncoding`, `contentMediaType`, `format: byte`).";
    ENCODING_REMOVED = "encoding-removed", Widened,
        "A text need not hold encoded bytes, or a document, any more (`contentEncoding`, `contentMediaType`).";
    ENCODING_CHANGED = "encoding-changed", Changed,
        "A text is encoded in another way, or holds another kind of document (`contentEncoding`, `contentMediaType`).";
    CONTENT_LIMITED = "content-limited", Narrowed, "The document in a text has a schema (`contentSchema`).";
    CONTENT_UNLIMITED = "content-unlimited", Widened, "The document in a text has no schema any more (`contentSchema`).";
    BOUND_LOOSENED = "bound-loosened", Widened, "A bound of a number, a length or a count allows more.";
    BOUND_TIGHTENED = "bound-tightened", Narrowed, "A bound of a number, a length or a count allows less.";
    STEP_ADDED = "step-added", Narrowed, "A number is a multiple of another one (`multipleOf`).";
    STEP_REMOVED = "step-removed", Widened, "A number need not be a multiple any more (`multipleOf`).";
    STEP_CHANGED = "step-changed", Changed, "A number is a multiple of another number (`multipleOf`).";
    UNIQUE_ADDED = "unique-added", Narrowed, "No element of an array stands twice (`uniqueItems`).";
    UNIQUE_REMOVED = "unique-removed", Widened, "An element of an array may stand twice (`uniqueItems`).";
    CONTAINS_ADDED = "contains-added", Narrowed, "An array has an element of a certain kind (`contains`).";
    CONTAINS_REMOVED = "contains-removed", Widened,
        "An array need not have an element of a certain kind any more (`contains`).";
    MEMBER_REMOVED = "member-removed", Gone,
        "A member is gone: clients miss it in responses, and what they say with it in requests has no effect.";
    MEMBER_REMOVED_AFTER_SUNSET = "member-removed-after-sunset", Noted,
        "A deprecated member is gone, after the day that its `x-sunset` announced.";
    REQUIRED_MEMBER_ADDED = "required-member-added", Narrowed, "A member is new, and always there.";
    OPTIONAL_MEMBER_ADDED = "optional-member-added", Added, "A member is new, and may be missing.";
    MEMBER_BECAME_REQUIRED = "member-became-required", Narrowed, "A member is always there now.";
    MEMBER_BECAME_OPTIONAL = "member-became-optional", Widened, "A member may be missing now.";
    MEMBER_DEPRECATED = "member-deprecated", Noted,
        "A member, or a whole value, is deprecated now: it works as before, and clients should stop using it.";
    MEMBER_REACTIVATED = "member-reactivated", Added, "A member, or a whole value, is not deprecated any more.";
    MEMBER_SUNSET_ADDED = "member-sunset-added", Noted, "The last day of a member is announced now (`x-sunset`).";
    MEMBER_SUNSET_SOONER = "member-sunset-sooner", Gone,
        "A member ends sooner than was announced: clients have less time than they planned with.";
    MEMBER_SUNSET_LATER = "member-sunset-later", Added, "A member ends later than was announced.";
    MEMBER_SUNSET_REMOVED = "member-sunset-removed", Noted,
        "The last day of a member is not announced any more, though it is still deprecated.";
    MEMBERS_CLOSED = "members-closed", Narrowed,
        "An object has no members but those named (`additionalProperties: false`).";
    MEMBERS_OPENED = "members-opened", Widened, "An object may have other members than those named.";
    MEMBERS_LIMITED = "members-limited", Narrowed, "The members that are not named have a schema.";
    MEMBERS_UNLIMITED = "members-unlimited", Widened, "The members that are not named have no schema any more.";
    MEMBER_PATTERN_ADDED = "member-pattern-added", Narrowed,
        "The members whose names match a pattern have a schema (`patternProperties`).";
    MEMBER_PATTERN_REMOVED = "member-pattern-removed", Widened,
        "The members whose names match a pattern have no schema any more (`patternProperties`).";
    NAMES_LIMITED = "names-limited", Narrowed, "The names of members have a schema (`propertyNames`).";
    NAMES_UNLIMITED = "names-unlimited", Widened, "The names of members have no schema any more (`propertyNames`).";
    DEPENDENCY_ADDED = "dependency-added", Narrowed,
        "Where one member is, another one has to be (`dependentRequired`).";
    DEPENDENCY_REMOVED = "dependency-removed", Widened,
        "Where one member is, another one need not be any more (`dependentRequired`).";
    ELEMENTS_LIMITED = "elements-limited", Narrowed, "The elements of an array have a schema.";
    ELEMENTS_UNLIMITED = "elements-unlimited", Widened, "The elements of an array have no schema any more.";
    ALTERNATIVE_ADDED = "alternative-added", Widened, "A value may be one more thing (`oneOf`, `anyOf`).";
    ALTERNATIVE_REMOVED = "alternative-removed", Narrowed, "A value may be one thing less (`oneOf`, `anyOf`).";
    ALTERNATIVES_LIMITED = "alternatives-limited", Narrowed,
        "A value has to be one of several things, beside all else (`oneOf`, `anyOf`).";
    ALTERNATIVES_UNLIMITED = "alternatives-unlimited", Widened,
        "A value need not be one of several things any more (`oneOf`, `anyOf`).";
    DISCRIMINATOR_ADDED = "discriminator-added", Narrowed, "A member says which of several things a value is.";
    DISCRIMINATOR_REMOVED = "discriminator-removed", Widened,
        "No member says any more which of several things a value is.";
    DISCRIMINATOR_CHANGED = "discriminator-changed", Changed,
        "Another member says which of several things a value is.";
    DISCRIMINATOR_VALUE_ADDED = "discriminator-value-added", Widened,
        "The member that says which thing a value is has another possible value.";
    DISCRIMINATOR_VALUE_REMOVED = "discriminator-value-removed", Narrowed,
        "The member that says which thing a value is has a possible value less.";
    DISCRIMINATOR_VALUE_CHANGED = "discriminator-value-changed", Changed,
        "A value of the member that says which thing a value is means another thing.";
    NOT_ADDED = "not-added", Narrowed, "Some values are excluded (`not`).";
    NOT_REMOVED = "not-removed", Widened, "Some values are not excluded any more (`not`).";
    NOT_WIDENED = "not-widened", Widened, "Fewer values are excluded (`not`).";
    NOT_NARROWED = "not-narrowed", Narrowed, "More values are excluded (`not`).";
    NOT_CHANGED = "not-changed", Changed, "Other values are excluded (`not`).";
    CONDITION_ADDED = "condition-added", Narrowed,
        "More is asked for under a condition (`if`, `dependentSchemas`).";
    CONDITION_REMOVED = "condition-removed", Widened,
        "Something is not asked for any more under a condition (`if`, `dependentSchemas`).";
    CONDITION_CHANGED = "condition-changed", Changed,
        "Something else is asked for under a condition (`if`, `dependentSchemas`).";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_rule_has_one_id_and_a_sentence() {
        let mut ids = HashSet::new();
        for rule in Rule::all() {
            assert!(ids.insert(rule.id.clone()), "{} is there twice", rule.id);
            assert!(rule.about.ends_with('.') && !rule.about.contains("  "), "{}: {}", rule.id, rule.about);
            assert_eq!(rule.level == Level::Break, rule.consumers || rule.providers, "{}", rule.id);
        }
        assert_eq!(Rule::find("answer-null-added").map(|rule| rule.consumers), Some(true));
        assert_eq!(Rule::find("null-added"), None);
    }
}
