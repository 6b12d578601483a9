//! Which operation a request means.

use crate::document::Documents;
use crate::model::{In, Matcher, Operation};
use crate::read::path_key::template as path_template;
use http::Method;
use http::header::CONTENT_TYPE;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use understudy_exchange::target::{percent_decode, query_pairs, segments};
use understudy_exchange::{Request, form};
use understudy_fixture::model::{PathTemplate, Segment};
use understudy_fixture::{Code, Diagnostic};
use understudy_match::PathTree;

/// The operations of a description by path.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    tree: PathTree,
    /// In order of preference.
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    operation: usize,
    method: Method,
    template: PathTemplate,
    /// The same for paths that differ in nothing but their parameters' names, as they are written.
    shape: usize,
}

/// What a request means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'r> {
    /// An operation, and the values of its path's parameters, still encoded where they are written so.
    Operation(usize, Vec<(String, Cow<'r, str>)>),
    /// The path is known, but with these methods only.
    OtherMethods(Vec<Method>),
    Nothing,
}

impl Routes {
    /// The routes to operations, and a problem for each that no request can reach.
    pub(crate) fn new(operations: &[Operation], documents: &Documents) -> (Self, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let mut routes: Vec<(Route, Reverse<usize>)> = Vec::new();
        let mut shapes: HashMap<String, usize> = HashMap::new();
        for (place, operation) in operations.iter().enumerate() {
            let path = with_rest(operation, documents);
            match path_template(&path) {
                Ok(template) => {
                    let next = shapes.len();
                    let written = path_template(&operation.path).map_or_else(|_| shape(&template), |own| shape(&own));
                    let shape = *shapes.entry(written).or_insert(next);
                    let route = Route { operation: place, method: operation.method.clone(), template, shape };
                    routes.push((route, Reverse(operation.matchers.len())));
                }
                Err(message) => problems.push(documents.at(operation.at).warning(Code::BadOpenApi, message)),
            }
        }
        routes.sort_by_cached_key(|(route, matchers)| {
            let mut ranks: Vec<u8> = route.template.segments.iter().map(Segment::rank).collect();
            ranks.push(4);
            (ranks, *matchers, route.operation)
        });
        let routes: Vec<Route> = routes.into_iter().map(|(route, _)| route).collect();
        let mut tree = PathTree::default();
        let mut seen: HashMap<(usize, String, Method), usize> = HashMap::new();
        for (place, route) in routes.iter().enumerate() {
            tree.insert(&route.template.segments, place);
            let operation = &operations[route.operation];
            let asked = (route.shape, format!("{:?}", operation.matchers), route.method.clone());
            if let Some(first) = seen.get(&asked) {
                let first = &operations[*first];
                let message = format!("no request can tell `{}` from `{}`, which answers", operation.path, first.path);
                problems.push(documents.at(operation.at).warning(Code::BadOpenApi, message));
            } else {
                seen.insert(asked, route.operation);
            }
        }
        (Self { tree, routes }, problems)
    }

    /// Which operation answers a request whose path, below a prefix, is `path`, of those that are served there. The most specific template that the path is
    /// one of decides, also where it lacks the method (OpenAPI 3.1.1, "Path Templating Matching").
    pub(crate) fn find<'r>(
        &self,
        operations: &[Operation],
        request: &'r Request,
        path: &'r str,
        is_served: impl Fn(&Operation) -> bool,
    ) -> Found<'r> {
        let raw: Vec<&str> = segments(path).collect();
        let decoded: Vec<Cow<'_, str>> = raw.iter().map(|segment| percent_decode(segment)).collect();
        let places = self.tree.find(&decoded);
        let asked = Asked::new(request);
        let asked_for = |place: &&usize| {
            let operation = &operations[self.routes[**place].operation];
            asked.is(&operation.matchers) && is_served(operation)
        };
        let Some(first) = places.iter().find(asked_for) else { return Found::Nothing };
        let template = self.routes[*first].shape;
        let routes = || {
            let of_template = places.iter().filter(|place| self.routes[**place].shape == template);
            of_template.filter(asked_for).map(|place| &self.routes[*place])
        };
        let with = |method: &Method| routes().find(|route| route.method == *method);
        let as_get = || if request.method == Method::HEAD { with(&Method::GET) } else { None };
        if let Some(route) = with(&request.method).or_else(as_get) {
            return Found::Operation(route.operation, bind(&route.template, &raw));
        }
        let mut methods: Vec<Method> = routes().map(|route| route.method.clone()).collect();
        if methods.contains(&Method::GET) {
            methods.push(Method::HEAD);
        }
        methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        methods.dedup();
        Found::OtherMethods(methods)
    }
}

/// The path with parameters that take several segments as the tree knows them: GitHub says so with `x-multi-segment`.
pub(crate) fn with_rest(operation: &Operation, documents: &Documents) -> String {
    let mut path = operation.path.clone();
    for parameter in operation.parameters.iter().filter(|parameter| parameter.place == In::Path) {
        if documents.at(parameter.at).flag("x-multi-segment") {
            path = path.replace(&format!("/{{{}}}", parameter.name), &format!("/{{*{}}}", parameter.name));
        }
    }
    path
}

/// A template without the names of its parameters.
fn shape(template: &PathTemplate) -> String {
    let mut out = String::new();
    for segment in &template.segments {
        out.push('/');
        let mut depth = 0;
        for c in segment.to_string().chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || c == '{' || c == '*' {
                out.push(c);
            }
        }
    }
    out
}

/// The values of a path's parameters. A parameter's own style may want the encoded text, so a whole segment is given as
/// it came.
fn bind<'r>(template: &PathTemplate, raw: &[&'r str]) -> Vec<(String, Cow<'r, str>)> {
    let mut bound = Vec::new();
    let behind_rest = template.segments.iter().rev().take_while(|segment| !matches!(segment, Segment::Rest(_))).count();
    let mut at = 0;
    for segment in &template.segments {
        match segment {
            Segment::Literal(_) => {}
            Segment::Rest(name) => {
                let end = raw.len() - behind_rest.min(raw.len());
                bound.push((name.clone(), Cow::Owned(raw[at..end.max(at)].join("/"))));
                at = end.max(at);
                continue;
            }
            Segment::Parameter(_) => {
                let name = template_name(segment);
                bound.push((name, Cow::Borrowed(raw.get(at).copied().unwrap_or(""))));
            }
            Segment::Mixed(_) => {
                let pairs = segment.bind(&percent_decode(raw.get(at).copied().unwrap_or(""))).unwrap_or_default();
                let encoded = |value: String| understudy_exchange::target::encode_segment(&value);
                bound.extend(pairs.into_iter().map(|(name, value)| (name.to_owned(), Cow::Owned(encoded(value)))));
            }
        }
        at += 1;
    }
    bound
}

fn template_name(segment: &Segment) -> String {
    match segment {
        Segment::Parameter(understudy_fixture::model::SegmentPart::Parameter(name)) => name.clone(),
        _ => String::new(),
    }
}

/// What a request says beside its path, as far as keys of `paths` ask.
struct Asked<'r> {
    request: &'r Request,
    /// The pairs of the query and of a form, taken apart when they are first asked for.
    pairs: OnceCell<HashMap<String, Vec<String>>>,
}

impl<'r> Asked<'r> {
    fn new(request: &'r Request) -> Self {
        Self { request, pairs: OnceCell::new() }
    }

    fn is(&self, matchers: &[Matcher]) -> bool {
        matchers.iter().all(|matcher| match matcher {
            Matcher::Header(name, value) => {
                let found = self.request.headers.get(name);
                found.is_some_and(|found| value.is_empty() || found.as_bytes() == value.as_bytes())
            }
            Matcher::Name(name) => self.pairs().contains_key(name),
            Matcher::Pair(name, value) => self.pairs().get(name).is_some_and(|values| values.contains(value)),
        })
    }

    fn pairs(&self) -> &HashMap<String, Vec<String>> {
        self.pairs.get_or_init(|| {
            let content_type = self.request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let is_form = content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
            let query = query_pairs(self.request.query()).map(|(name, value)| (name.into_owned(), value.into_owned()));
            let form = if is_form { form::parse(&self.request.body) } else { Vec::new() };
            let mut pairs: HashMap<String, Vec<String>> = HashMap::new();
            for (name, value) in query.chain(form) {
                pairs.entry(name).or_default().push(value);
            }
            pairs
        })
    }
}
