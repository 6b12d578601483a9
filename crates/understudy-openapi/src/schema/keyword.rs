//! What each keyword of a schema holds (JSON Schema validation 2020-12; draft 4 with the changes of OpenAPI 3.0.3, "Schema
//! Object").

/// What stands under a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A schema for the same value.
    Same,
    /// Schemas for the same value.
    SameList,
    /// Schemas for the same value, by the name of a member.
    SameMap,
    /// A schema for each member that the map names.
    Properties,
    /// A schema for each member whose name matches.
    PatternProperties,
    /// A schema for members of any name.
    Members,
    /// A schema for names.
    Names,
    /// A schema for elements, or a list of them.
    Items,
    /// A schema for elements.
    Elements,
    /// Schemas for elements, one by one.
    ElementList,
    /// A whole number, not below zero.
    Count,
    /// A number.
    Number,
    /// A limit that is left out: a number, or in older drafts whether `minimum` or `maximum` is.
    Exclusive,
    /// `true` or `false`.
    Flag,
    /// A list of strings.
    Strings,
    /// Lists of strings by name.
    StringsMap,
    /// A string.
    Text,
    /// A regular expression.
    Pattern,
    /// `type`
    Type,
    /// A list of values.
    Values,
    /// Any value.
    Value,
}

/// What a keyword holds; `None` for those that say nothing of values.
pub(crate) fn holds(name: &str, is_modern: bool) -> Option<Holds> {
    Some(match name {
        "type" => Holds::Type,
        "allOf" | "anyOf" | "oneOf" => Holds::SameList,
        "not" => Holds::Same,
        "properties" => Holds::Properties,
        "additionalProperties" => Holds::Members,
        "items" => Holds::Items,
        "enum" => Holds::Values,
        "required" => Holds::Strings,
        "pattern" => Holds::Pattern,
        "format" => Holds::Text,
        "minimum" | "maximum" | "multipleOf" => Holds::Number,
        "exclusiveMinimum" | "exclusiveMaximum" => Holds::Exclusive,
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => Holds::Count,
        "uniqueItems" => Holds::Flag,
        "patternProperties" => Holds::PatternProperties,
        "additionalItems" => Holds::Elements,
        _ if !is_modern => return None,
        "const" => Holds::Value,
        "if" | "then" | "else" => Holds::Same,
        "dependentSchemas" => Holds::SameMap,
        "dependentRequired" => Holds::StringsMap,
        "contains" | "unevaluatedItems" => Holds::Elements,
        "minContains" | "maxContains" => Holds::Count,
        "prefixItems" => Holds::ElementList,
        "propertyNames" => Holds::Names,
        "unevaluatedProperties" => Holds::Members,
        _ => return None,
    })
}

/// The types that there are.
pub(crate) const TYPES: [&str; 7] = ["string", "number", "integer", "boolean", "array", "object", "null"];
