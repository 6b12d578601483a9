//! Reads a document with `apollo-parser`, whose syntax tree becomes nodes in a fixed order.

use super::{Document, Kind, Node, SyntaxError};
use apollo_parser::cst::{self, CstNode, Definition, Selection, Value};
use apollo_parser::{Parser, SyntaxKind};

/// The maximum depth of a document. The parser calls itself for each level.
const DEPTH_MAX: usize = 128;

/// The maximum number of tokens in a document, those without meaning included. The introspection
/// query has some 300.
const TOKENS_MAX: usize = 50_000;

pub(super) fn document(text: &str) -> Result<Document, SyntaxError> {
    // A byte order mark means nothing (October 2021, section 2.1.1), and the parser does not know it.
    let (text, before) = text.strip_prefix('\u{FEFF}').map_or((text, 0), |text| (text, '\u{FEFF}'.len_utf8()));
    let tree = Parser::new(text).recursion_limit(DEPTH_MAX).token_limit(TOKENS_MAX).parse();
    if let Some(error) = tree.errors().next() {
        let message = if error.is_limit() {
            format!("it is nested deeper than {DEPTH_MAX} levels or has more than {TOKENS_MAX} tokens")
        } else {
            in_words(error.message())
        };
        return Err(SyntaxError { message, offset: before + error.index().min(text.len()) });
    }
    let mut definitions = Vec::new();
    for definition in tree.document().definitions() {
        let offset = before + usize::from(definition.syntax().text_range().start());
        definitions.push(match &definition {
            Definition::OperationDefinition(operation) => of_operation(operation),
            Definition::FragmentDefinition(fragment) => of_fragment(fragment),
            _ => {
                let message = "a request has operations and fragments, and no types".to_owned();
                return Err(SyntaxError { message, offset });
            }
        });
    }
    if !definitions.iter().any(|node| node.kind == Kind::Operation) {
        return Err(SyntaxError { message: "there is no operation".to_owned(), offset: text.len() + before });
    }
    Ok(Document { definitions: sorted(definitions) })
}

/// A message of the parser with the characters instead of its names for them.
fn in_words(message: &str) -> String {
    let names = [
        ("L_CURLY", "`{`"),
        ("R_CURLY", "`}`"),
        ("L_PAREN", "`(`"),
        ("R_PAREN", "`)`"),
        ("L_BRACK", "`[`"),
        ("R_BRACK", "`]`"),
        ("COLON", "`:`"),
        ("EOF", "the end"),
    ];
    names.iter().fold(message.to_owned(), |message, (name, shown)| message.replace(name, shown))
}

/// Nodes by kind and name. The order of directives and of what has the same name stays.
fn sorted(mut nodes: Vec<Node>) -> Vec<Node> {
    fn key(node: &Node) -> (Kind, &str) {
        (node.kind, if node.kind == Kind::Directive { "" } else { &node.name })
    }
    nodes.sort_by(|a, b| key(a).cmp(&key(b)));
    nodes
}

fn node(kind: Kind, name: impl Into<String>, children: Vec<Node>) -> Node {
    Node { kind, name: name.into(), children }
}

fn name(name: Option<cst::Name>) -> String {
    name.map(|name| name.text().to_string()).unwrap_or_default()
}

fn of_operation(operation: &cst::OperationDefinition) -> Node {
    let kind = operation.operation_type();
    let is =
        |token: fn(&cst::OperationType) -> Option<apollo_parser::SyntaxToken>| kind.as_ref().and_then(token).is_some();
    let is_mutation = is(cst::OperationType::mutation_token);
    let word = match is_mutation {
        true => "mutation",
        false if is(cst::OperationType::subscription_token) => "subscription",
        false => "query",
    };
    let called = operation.name().map(|name| format!("{word} {}", name.text())).unwrap_or_else(|| word.to_owned());
    let variables = operation.variable_definitions().into_iter().flat_map(|all| all.variable_definitions());
    let mut children = sorted(variables.map(|variable| of_variable(&variable)).collect());
    children.extend(directives(operation.directives()));
    let selections = selections(operation.selection_set());
    children.extend(if is_mutation { selections } else { sorted(selections) });
    node(Kind::Operation, called, children)
}

fn of_variable(variable: &cst::VariableDefinition) -> Node {
    let called = format!("${}", name(variable.variable().and_then(|variable| variable.name())));
    let mut children: Vec<Node> =
        variable.ty().map(|ty| node(Kind::Type, tokens(&ty), Vec::new())).into_iter().collect();
    children.extend(directives(variable.directives()));
    let default = variable.default_value().and_then(|default| default.value());
    children.extend(default.map(|value| node(Kind::Default, "=", vec![of_value(&value)])));
    node(Kind::Variable, called, children)
}

/// The text of a type or a plain value, without the white space, commas and comments in it.
fn tokens(node: &impl CstNode) -> String {
    let counts = |kind: SyntaxKind| !matches!(kind, SyntaxKind::WHITESPACE | SyntaxKind::COMMENT | SyntaxKind::COMMA);
    let tokens = node.syntax().descendants_with_tokens().filter_map(apollo_parser::SyntaxElement::into_token);
    tokens.filter(|token| counts(token.kind())).map(|token| token.text().to_owned()).collect()
}

fn of_fragment(fragment: &cst::FragmentDefinition) -> Node {
    let called = name(fragment.fragment_name().and_then(|name| name.name()));
    let on = type_condition(fragment.type_condition());
    let mut children = directives(fragment.directives());
    children.extend(sorted(selections(fragment.selection_set())));
    node(Kind::Fragment, format!("fragment {called}{on}"), children)
}

fn type_condition(condition: Option<cst::TypeCondition>) -> String {
    let named = condition.and_then(|condition| condition.named_type());
    named.map(|named| format!(" on {}", name(named.name()))).unwrap_or_default()
}

fn directives(directives: Option<cst::Directives>) -> Vec<Node> {
    let all = directives.into_iter().flat_map(|all| all.directives());
    let one = |directive: cst::Directive| {
        node(Kind::Directive, format!("@{}", name(directive.name())), arguments(directive.arguments()))
    };
    all.map(one).collect()
}

fn arguments(arguments: Option<cst::Arguments>) -> Vec<Node> {
    let all = arguments.into_iter().flat_map(|all| all.arguments());
    let one = |argument: cst::Argument| {
        node(Kind::Argument, name(argument.name()), argument.value().iter().map(of_value).collect())
    };
    sorted(all.map(one).collect())
}

fn selections(set: Option<cst::SelectionSet>) -> Vec<Node> {
    set.into_iter().flat_map(|set| set.selections()).map(|selection| of_selection(&selection)).collect()
}

fn of_selection(selection: &Selection) -> Node {
    match selection {
        Selection::Field(field) => {
            let alias = field.alias().map(|alias| format!("{}: ", name(alias.name()))).unwrap_or_default();
            let mut children = arguments(field.arguments());
            children.extend(directives(field.directives()));
            children.extend(sorted(selections(field.selection_set())));
            node(Kind::Field, format!("{alias}{}", name(field.name())), children)
        }
        Selection::FragmentSpread(spread) => {
            let called = name(spread.fragment_name().and_then(|name| name.name()));
            node(Kind::Spread, format!("...{called}"), directives(spread.directives()))
        }
        Selection::InlineFragment(inline) => {
            let mut children = directives(inline.directives());
            children.extend(sorted(selections(inline.selection_set())));
            node(Kind::Inline, format!("...{}", type_condition(inline.type_condition())), children)
        }
    }
}

fn of_value(value: &Value) -> Node {
    match value {
        Value::StringValue(text) => node(Kind::String, String::from(text), Vec::new()),
        Value::ListValue(list) => node(Kind::List, "", list.values().map(|value| of_value(&value)).collect()),
        Value::ObjectValue(object) => {
            let member = |field: cst::ObjectField| {
                node(Kind::Member, name(field.name()), field.value().iter().map(of_value).collect())
            };
            node(Kind::Object, "", sorted(object.object_fields().map(member).collect()))
        }
        Value::Variable(variable) => node(Kind::Plain, format!("${}", name(variable.name())), Vec::new()),
        plain => node(Kind::Plain, tokens(plain), Vec::new()),
    }
}
