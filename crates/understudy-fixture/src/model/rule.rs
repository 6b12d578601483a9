//! Rules: one vocabulary for requests and responses.

use understudy_exchange::{Json, Number, Regexp, RegexpError};

/// What a value has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// All of them must hold.
    pub checks: Vec<Check>,
    /// What the contract test sends and the stub answers.
    pub example: Option<Json>,
    /// Whether the stub answers with a new value instead of the example.
    pub fresh: bool,
}

/// One thing that a rule asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// Has the example's shape.
    Like,
    /// Equals the example.
    Exact,
    /// Equals this.
    Equals(Json),
    /// Is there, null included.
    Any,
    /// May be anything or missing.
    Ignore,
    /// Is not there.
    Absent,
    /// Has this JSON type.
    Type(JsonType),
    /// Is a string in this format.
    Format(Format),
    /// The whole value matches.
    Matches(Expression),
    /// Text that is part of the value.
    Contains(String),
    /// Text that the value starts with.
    StartsWith(String),
    /// One of these.
    OneOf(Vec<Json>),
    /// The least number or length.
    Min(Number),
    /// The greatest number or length.
    Max(Number),
    /// Every element, or every value, obeys this.
    Each(Box<Rule>),
    /// Every key obeys this.
    Keys(Box<Rule>),
    /// Is missing, or obeys this.
    Optional(Box<Rule>),
    /// Is null, or obeys this.
    Nullable(Box<Rule>),
    /// Is there, and does not obey this.
    Not(Box<Rule>),
    /// Is an array with the example's elements, in any order.
    Unordered,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// The word that it is written as.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// What the word stands for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

words! {
    /// A type of JSON.
    JsonType {
        /// Text.
        String = "string",
        /// Any number.
        Number = "number",
        /// A mathematically whole number.
        Integer = "integer",
        /// True or false.
        Boolean = "boolean",
        /// A list.
        Array = "array",
        /// A map.
        Object = "object",
        /// Null.
        Null = "null",
    }
}

words! {
    /// A format of text.
    Format {
        /// RFC 9562, section 4, in hexadecimal with hyphens.
        Uuid = "uuid",
        /// RFC 3339 `full-date`.
        Date = "date",
        /// RFC 3339 `full-time`, zone included.
        Time = "time",
        /// RFC 3339 `date-time`, zone included.
        DateTime = "date-time",
        /// RFC 5321 `Mailbox`, without quoted local parts and address literals.
        Email = "email",
        /// RFC 3986 `URI`.
        Uri = "uri",
        /// Four decimal numbers.
        Ipv4 = "ipv4",
        /// RFC 4291, section 2.2.
        Ipv6 = "ipv6",
        /// RFC 1123, section 2.1.
        Hostname = "hostname",
        /// RFC 4648, section 4, padded.
        Base64 = "base64",
    }
}

/// A regular expression that the whole value matches. It takes linear time, whatever the value.
#[derive(Debug, Clone)]
pub struct Expression {
    pattern: String,
    regexp: Regexp,
}

impl Expression {
    /// An expression from its pattern: Perl's syntax without look-around and back references.
    ///
    /// # Errors
    /// [`RegexpError`]
    pub fn parse(pattern: &str) -> Result<Self, RegexpError> {
        let regexp = Regexp::new(&format!("\\A(?:{pattern})\\z"))?;
        Ok(Self { pattern: pattern.to_owned(), regexp })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Whether the whole of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regexp.is_match(text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Expression {}

/// A regular expression that is sought in a text.
#[derive(Debug, Clone)]
pub struct Search {
    pattern: String,
    regexp: Regexp,
}

impl Search {
    /// See [`Expression::parse`].
    ///
    /// # Errors
    /// [`RegexpError`]
    pub fn parse(pattern: &str) -> Result<Self, RegexpError> {
        Ok(Self { pattern: pattern.to_owned(), regexp: Regexp::new(pattern)? })
    }

    /// The expression as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// What the first group matches, or all of the match where there is no group.
    #[must_use]
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.regexp.find(text)
    }
}

impl PartialEq for Search {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Search {}

impl Rule {
    /// A rule that asks one thing.
    #[must_use]
    pub fn of(check: Check) -> Self {
        Self { checks: vec![check], example: None, fresh: false }
    }

    /// The rule that one word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let check = match word {
            "like" => Check::Like,
            "exact" => Check::Exact,
            "any" => Check::Any,
            "ignore" => Check::Ignore,
            "absent" => Check::Absent,
            "unordered" => Check::Unordered,
            _ => match (JsonType::from_word(word), Format::from_word(word)) {
                (Some(json_type), _) => Check::Type(json_type),
                (_, Some(format)) => Check::Format(format),
                (None, None) => return None,
            },
        };
        Some(Self::of(check))
    }

    /// The word for the rule, where one word says it all.
    #[must_use]
    pub fn as_word(&self) -> Option<&'static str> {
        match self.checks.as_slice() {
            [check] if self.example.is_none() && !self.fresh => check.as_word(),
            _ => None,
        }
    }

    /// Whether a value that is not there obeys the rule.
    #[must_use]
    pub fn allows_missing(&self) -> bool {
        self.checks.iter().all(|check| match check {
            Check::Optional(_) | Check::Ignore | Check::Absent => true,
            Check::Nullable(rule) => rule.allows_missing(),
            _ => false,
        })
    }

    /// Returns true if the rule compares more than the presence of a value. `any` and `ignore` do not.
    #[must_use]
    pub fn compares(&self) -> bool {
        self.checks.iter().any(|check| match check {
            Check::Any | Check::Ignore => false,
            Check::Each(rule) | Check::Keys(rule) | Check::Optional(rule) | Check::Nullable(rule) => rule.compares(),
            _ => true,
        })
    }

    /// Whether the rule leaves what it does not speak of to the example's shape. One that does not answers
    /// for its node alone, with all below it.
    #[must_use]
    pub fn defers_to_shape(&self) -> bool {
        self.checks.iter().all(|check| match check {
            Check::Like | Check::Unordered | Check::Min(_) | Check::Max(_) | Check::Each(_) | Check::Keys(_) => true,
            Check::Type(json_type) => matches!(json_type, JsonType::Array | JsonType::Object),
            Check::Optional(rule) | Check::Nullable(rule) => rule.defers_to_shape(),
            _ => false,
        })
    }
}

impl Check {
    /// The word for it, where it is one.
    #[must_use]
    pub fn as_word(&self) -> Option<&'static str> {
        match self {
            Self::Like => Some("like"),
            Self::Exact => Some("exact"),
            Self::Any => Some("any"),
            Self::Ignore => Some("ignore"),
            Self::Absent => Some("absent"),
            Self::Unordered => Some("unordered"),
            Self::Type(json_type) => Some(json_type.as_str()),
            Self::Format(format) => Some(format.as_str()),
            _ => None,
        }
    }
}

/// As it is written in a flow map, for messages: `integer`, `{type: integer, min: 0}`.
impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let [check] = self.checks.as_slice()
            && let Some(word) = check.as_word()
        {
            return f.write_str(word);
        }
        let checks: Vec<String> = self.checks.iter().map(ToString::to_string).collect();
        write!(f, "{{{}}}", checks.join(", "))
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Equals(value) => write!(f, "equals: {value}"),
            Self::Matches(expression) => write!(f, "matches: {}", expression.as_str()),
            Self::Contains(text) => write!(f, "contains: {text}"),
            Self::StartsWith(text) => write!(f, "starts_with: {text}"),
            Self::OneOf(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                write!(f, "one_of: [{}]", values.join(", "))
            }
            Self::Min(number) => write!(f, "min: {}", number.as_str()),
            Self::Max(number) => write!(f, "max: {}", number.as_str()),
            Self::Each(rule) => write!(f, "each: {rule}"),
            Self::Keys(rule) => write!(f, "keys: {rule}"),
            Self::Optional(rule) => write!(f, "optional: {rule}"),
            Self::Nullable(rule) => write!(f, "nullable: {rule}"),
            Self::Not(rule) => write!(f, "not: {rule}"),
            word => write!(f, "type: {}", word.as_word().expect("all other checks are words")),
        }
    }
}
