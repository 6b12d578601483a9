//! One thing is changed, and every other byte stays.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use bytes::Bytes;
use understudy_exchange::Json;
use understudy_exchange::json::Step;
use understudy_fixture::model::{Capture, CaptureFrom, Known, ResponseBody};
use understudy_fixture::{
    BodyFiles, Edit, EditError, FileProblem, Source, edit_fixture, edit_json, fixture, write_fixture,
};

struct NoFiles;

impl BodyFiles for NoFiles {
    fn read(&self, _: &str) -> Result<Bytes, FileProblem> {
        Err(FileProblem::Missing(Vec::new()))
    }
}

fn json(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

fn edit_in(file: &str, text: &str, edit: &Edit<'_>) -> Result<String, EditError> {
    let source = Source::new(file, text.as_bytes().to_vec()).unwrap();
    let (before, problems) = fixture(&source, "f", &NoFiles);
    assert!(before.is_some(), "{text}\n{problems:?}");
    edit_fixture(&source, "f", &NoFiles, edit).map(|(text, _)| text)
}

fn edit(text: &str, edit: &Edit<'_>) -> Result<String, EditError> {
    edit_in("f.yaml", text, edit)
}

/// `[old|new]` in a text says what it is before and after.
fn changed(marked: &str, edit: &Edit<'_>) {
    let (mut before, mut after) = (String::new(), String::new());
    for (at, part) in marked.split(['⟦', '⟧']).enumerate() {
        match part.split_once('→').filter(|_| at % 2 == 1) {
            Some((old, new)) => {
                before.push_str(old);
                after.push_str(new);
            }
            None => [&mut before, &mut after].into_iter().for_each(|out| out.push_str(part)),
        }
    }
    assert_eq!(self::edit(&before, edit).as_deref(), Ok(after.as_str()), "{before}");
}

#[test]
fn of_several_responses_the_promised_one_is_edited() {
    let marked =
        "request: { path: /p }\nresponse:\n  - { status: 404 }\n  - { status: ⟦200→201⟧ }\nverify: { response: 2 }\n";
    changed(marked, &Edit::Status(201));
    changed("request: { path: /p }\nresponse: [{ status: ⟦404→410⟧ }, { status: 200 }]\n", &Edit::Status(410));
    changed("request: { path: /p }\nresponse: [{ status: 503 }, { status: ⟦200→201⟧ }]\n", &Edit::Status(201));
    changed("request: { path: /p }\nresponse: [{ when: { a: b } }, { status: ⟦200→201⟧ }]\n", &Edit::Status(201));
}

#[test]
fn a_value_in_a_body_is_written_anew_and_nothing_else() {
    let price = [Step::Name("price")];
    let nested = [Step::Name("items"), Step::Index(1), Step::Name("price")];
    let head = "# a comment\nrequest: { path: /p }   # another\nresponse:\n  body:\n    json:";
    for (body, path, value) in [
        (" { id: 1, price: ⟦12.00→13.50⟧ } # the end\n", price.as_slice(), "13.50"),
        (" {\"id\":1,  \"price\" : ⟦12→\"free\"⟧}\n", &price, "\"free\""),
        (
            "\n      id: 1\n      # what it costs\n      price:   ⟦12.00→13⟧   # in euros\n      tags: [a, b]\n",
            &price,
            "13",
        ),
        ("\n      price: ⟦'it''s'→'isn''t'⟧  # said\n", &price, "\"isn't\""),
        ("\n      price: ⟦\"a \\\" b\"→1⟧   # as agreed\n      id: 1\n", &price, "1"),
        ("\n      price: ⟦\"a\"→\"b c\"⟧\n", &price, "\"b c\""),
        ("\n      price: ⟦plain→\"other: than that\"⟧\n", &price, "\"other: than that\""),
        ("\n      price: ⟦plain→other, than that⟧\n", &price, "\"other, than that\""),
        ("\n      price: ⟦plain→\"true\"⟧\n", &price, "\"true\""),
        ("\n      price: ⟦|\n        two\n        lines→null⟧\n      id: 1\n", &price, "null"),
        ("\n      price: ⟦x→{a: [1]}⟧\n      id: 1\n", &price, "{\"a\":[1]}"),
        ("\n      price:⟦\n        a: 1\n        b: 2→ 7⟧\n      id: 1\n", &price, "7"),
        ("\n      items:\n      - price: 1\n      - name: ü\n        price: ⟦2→3⟧\n", &nested, "3"),
        ("\n      items: [ { price: 1 }, { name: \"é\", price: ⟦2→3⟧ } ]\n", &nested, "3"),
        ("\n      \"price\": ⟦1→2⟧\n      ? other\n      : 1\n", &price, "2"),
        (" ⟦[1]→{a: 1}⟧\n", &[], "{\"a\":1}"),
    ] {
        changed(&format!("{head}{body}  status: 201\n"), &Edit::Body(path, Some(json(value))));
    }
}

#[test]
fn a_comment_after_brackets_stays() {
    let body = "request: { path: /p }\nresponse:\n  body:\n    json:\n      a: ⟦{}→{b: 1}⟧   # } mine ]\n      c: 2\n";
    changed(body, &Edit::Body(&[Step::Name("a")], Some(json("{\"b\": 1}"))));
    let list =
        "request: { path: /p }\nresponse:\n  body:\n    json:\n      a: ⟦[1, # one\n        2 ]→{b: 1}⟧ # mine\n";
    changed(list, &Edit::Body(&[Step::Name("a")], Some(json("{\"b\": 1}"))));
}

#[test]
fn a_member_is_taken_out_with_its_line() {
    let gone = [Step::Name("gone")];
    let head = "request: { path: /p }\nresponse:\n  body:\n    json:";
    for body in [
        " { id: 1⟦, gone: 2→⟧ }\n",
        " { ⟦gone: 2, →⟧id: 1 }\n",
        " ⟦{ gone: 2 }→{}⟧\n",
        "\n      # stays\n⟦      gone: 1 # goes\n→⟧      id: 1\n",
        "\n      id: 1\n⟦      gone:\n        - 1\n        - 2\n→⟧  status: 201\n",
        "⟦\n      gone: 1→ {}⟧\n",
    ] {
        changed(&format!("{head}{body}"), &Edit::Body(&gone, None));
    }
    let second = [Step::Name("gone"), Step::Index(1)];
    for body in [" { gone: [1, ⟦2, →⟧3] }\n", " { gone: [1⟦, 2→⟧] }\n", "\n      gone:\n        - 1\n⟦        - 2\n→⟧"]
    {
        changed(&format!("{head}{body}"), &Edit::Body(&second, None));
    }
}

#[test]
fn status_header_and_known_differences() {
    changed("request: { path: /p }\nresponse: { status: ⟦200→404⟧ }\n", &Edit::Status(404));
    changed("request: { path: /p }\nresponse:\n  headers: { a: b }\n⟦→  status: 404\n⟧", &Edit::Status(404));
    changed("request: { path: /p }\nresponse: [ { body: { text: x }⟦→, status: 404⟧ }, {} ]\n", &Edit::Status(404));
    changed(
        "request: { path: /p }\nresponse:\n  headers:\n    Location: ⟦/a→/b⟧\n",
        &Edit::Header("location", &["/b".to_owned()]),
    );
    changed(
        "request: { path: /p }\nresponse:\n  headers:\n⟦    Location: /a\n→⟧    x: y\n",
        &Edit::Header("location", &[]),
    );
    changed(
        "request: { path: /p }\nresponse:\n  headers:\n    link: [a, ⟦b→c, d⟧] # two\n",
        &Edit::Header("Link", &["a", "c", "d"].map(str::to_owned)),
    );
    changed("request: { path: /p }\nresponse: ⟦{}→{headers: {x: \"y\"}}⟧\n", &Edit::Header("x", &["y".to_owned()]));
    let known = Known {
        path: "$.a".to_owned(),
        kind: Some("missing".to_owned()),
        why: Some("ticket 7".to_owned()),
        until: None,
    };
    let item = "{path: \"$.a\", kind: missing, why: \"ticket 7\"}";
    for text in [
        format!("request: {{ path: /p }}\nresponse: {{}}\n⟦→verify: {{known: [{item}]}}\n⟧"),
        format!("request: {{ path: /p }}\nresponse: {{}}⟦→\nverify: {{known: [{item}]}}\n⟧"),
        format!("verify:\n  safe: true\n⟦→  known: [{item}]\n⟧request: {{ path: /p }}\nresponse: {{}}\n"),
        format!("request: {{ path: /p }}\nresponse: {{}}\nverify: {{ safe: true⟦→, known: [{item}]⟧ }}\n"),
        format!(
            "request: {{ path: /p }}\nresponse: {{}}\nverify:\n  known:\n    # first\n    - {{ path: $.b }}\n⟦→    - {item}\n⟧"
        ),
        format!("request: {{ path: /p }}\nresponse: {{}}\nverify:\n  known: [ {{ path: $.b }}⟦→, {item}⟧ ]\n"),
    ] {
        changed(&text, &Edit::Known(known.clone()));
    }
}

#[test]
fn whole_bodies() {
    let head = "request: { path: /p }\nresponse:\n";
    changed(&format!("{head}  body:\n    text: ⟦|\n      a\n      b→\"c: d\"⟧\n  # end\n"), &Edit::Text("c: d"));
    changed(&format!("{head}  body: {{ base64: ⟦AAEC→\"AP8=\"⟧ }}\n"), &Edit::Base64(&[0, 255]));
    changed(&format!("{head}  status: 200\n⟦  body: {{ json: 1 }}\n→⟧⟦  match: {{ $: any }}\n→⟧"), &Edit::NoBody);
    changed(&format!("{head}  status: 200\n⟦→  body: {{json: [1]}}\n⟧"), &Edit::Body(&[], Some(json("[1]"))));
    assert_eq!(edit(&format!("{head}  body: {{ json: 1 }}\n"), &Edit::Text("x")), Err(EditError::NotThere));
}

#[test]
fn captures() {
    let from = CaptureFrom::Header { name: "location".to_owned(), matches: None, query: Some("state".to_owned()) };
    let capture = Capture { name: "state".to_owned(), from };
    let value = "{header: location, query: state}";
    for text in [
        format!("request: {{ path: /p }}\nresponse: {{}}\n⟦→verify: {{capture: {{state: {value}}}}}\n⟧"),
        format!(
            "request: {{ path: /p }}\nresponse: {{}}\nverify:\n  capture:\n    id: $.id # its own\n⟦→    state: {value}\n⟧"
        ),
        format!("request: {{ path: /p }}\nresponse: {{}}\nverify: {{ capture: {{ state: ⟦$.a→{value}⟧ }} }}\n"),
    ] {
        changed(&text, &Edit::Capture(&capture));
    }
}

#[test]
fn json_files_and_body_files_keep_their_white_space() {
    let text = "{\n  \"request\": {\"path\": \"/p\"},\n  \"response\": {\"body\": {\"json\": {\n\t\"a\": 1.50, \"b\": \"x\" }}}\n}\n";
    let edited = edit_in("f.json", text, &Edit::Body(&[Step::Name("a")], Some(json("2.00")))).unwrap();
    assert_eq!(edited, text.replace("1.50", "2.00"));
    let body = "[ {\"a\" : 1 , \"b\":2},\n  3 ]";
    assert_eq!(edit_json(body, &[Step::Index(0), Step::Name("b")], None).unwrap(), "[ {\"a\" : 1},\n  3 ]");
    assert_eq!(edit_json(body, &[Step::Index(1)], Some(&json("[4]"))).unwrap(), "[ {\"a\" : 1 , \"b\":2},\n  [4] ]");
    assert_eq!(edit_json(body, &[Step::Index(2)], Some(&json("4"))), Err(EditError::NotThere));
}

#[test]
fn what_cannot_be_changed_alone_is_left() {
    let anchored = "request: { path: /p }\nresponse:\n  body:\n    json: { a: &x 1, b: *x }\n";
    assert_eq!(edit(anchored, &Edit::Body(&[Step::Name("b")], Some(json("2")))), Err(EditError::NotThere));
    assert_eq!(edit(anchored, &Edit::Body(&[Step::Name("a")], Some(json("2")))), Err(EditError::NotAlone));
    assert_eq!(edit(anchored, &Edit::Body(&[Step::Name("c")], None)), Err(EditError::NotThere));
    assert_eq!(edit(anchored, &Edit::Header("x", &[])), Err(EditError::NotThere));
}

/// A body is given another value, as by somebody who edits it as JSON: what stays the same stays as it is written.
#[test]
fn of_a_body_only_what_differs_is_written() {
    let head = "request: { path: /p }\nresponse:\n  body:\n    json:";
    for (body, new) in [
        // A member more, first, between and last.
        ("\n      ⟦→new: 1\n      ⟧a: 1 # one\n      b: 2\n", "{\"new\":1,\"a\":1,\"b\":2}"),
        ("\n      a: 1 # one\n⟦→      new: 1\n⟧      b: 2\n", "{\"a\":1,\"new\":1,\"b\":2}"),
        ("\n      a: 1\n      b: 2 # two\n⟦→      new: {x: 1}\n⟧", "{\"a\":1,\"b\":2,\"new\":{\"x\":1}}"),
        (" { ⟦→new: 1, ⟧a: 1,  b: 2 }\n", "{\"new\":1,\"a\":1,\"b\":2}"),
        (" { a: 1⟦→, new: 1⟧,  b: 2 }\n", "{\"a\":1,\"new\":1,\"b\":2}"),
        // In JSON over several lines, with its indentation.
        (" {\n      \"a\": 1⟦→,\n      \"new\": [1,2]⟧\n    }\n", "{\"a\":1,\"new\":[1,2]}"),
        // Elements that come, go and change.
        ("\n      - a: 1 # one\n⟦      - a: 2\n→⟧      - a: 3\n", "[{\"a\":1},{\"a\":3}]"),
        ("\n      - a: 1 # one\n⟦→      - {a: 2}\n⟧      - a: 3\n", "[{\"a\":1},{\"a\":2},{\"a\":3}]"),
        ("\n      - ⟦→new: 0\n        ⟧a: 1\n        b: 2\n", "[{\"new\":0,\"a\":1,\"b\":2}]"),
        (" [ 1, ⟦2→5⟧, 3⟦→, 4⟧ ]\n", "[1,5,3,4]"),
        // Another order is a difference, and so are other digits.
        (" { ⟦a: 1, →⟧b: 2⟦→, a: 1⟧ } # said\n", "{\"b\":2,\"a\":1}"),
        (" { a: ⟦1.0→1.00⟧, b: 2 }\n", "{\"a\":1.00,\"b\":2}"),
        // Text of several lines stays readable, and what is long goes below its key.
        ("\n      a: ⟦one→|-\n        one\n        two⟧\n      b: 1\n", "{\"a\":\"one\\ntwo\",\"b\":1}"),
        (
            "\n      a:⟦ 1→\n        first: \"0123456789012345678901234567890123456789\"\n        second: [1, 2]\n        third: \"0123456789012345678901234567890123456789\"⟧\n      b: 1\n",
            "{\"a\":{\"first\":\"0123456789012345678901234567890123456789\",\"second\":[1,2],\"third\":\"0123456789012345678901234567890123456789\"},\"b\":1}",
        ),
    ] {
        changed(&format!("{head}{body}"), &Edit::Body(&[], Some(json(new))));
    }
}

/// Every place of a value.
fn places<'j>(value: &'j Json, path: &mut Vec<Step<'j>>, out: &mut Vec<Vec<Step<'j>>>) {
    out.push(path.clone());
    for (step, child) in value.children() {
        path.push(step);
        places(child, path, out);
        path.pop();
    }
}

#[test]
fn every_value_of_hundreds_of_made_fixtures_can_be_changed() {
    let mut seen = 0;
    for seed in 0..300 {
        let made = understudy_testkit::fixture(seed);
        let Some(ResponseBody::Json(body)) = &made.responses[0].body else { continue };
        let body = body.value();
        let text = write_fixture(&made);
        let source = Source::new(&made.file, text.into_bytes()).unwrap();
        let mut all = Vec::new();
        places(&body, &mut Vec::new(), &mut all);
        for path in all {
            // Of names that are there twice, only the last counts.
            let is_last = path.iter().try_fold(&body, |at, step| at.child(*step));
            for new in ["{\"n\\u00e9w\":[1.50,\"a b\\n\"]}", "null", "\"yes\""] {
                let edited = edit_fixture(&source, &made.id, &NoFiles, &Edit::Body(&path, Some(json(new))));
                assert!(edited.is_ok() && is_last.is_some(), "seed {seed} {path:?} {edited:?}\n{}", source.text);
                seen += 1;
            }
        }
    }
    assert!(seen > 1_500, "{seen}");
}

/// One body after the other in the same place of the same file: whatever is written there is there to be changed.
#[test]
fn any_body_can_be_brought_to_any_other() {
    let mut source =
        Source::new("f.yaml", b"request: { path: /p }\nresponse:\n  body:\n    json:\n      a: 1\n".to_vec());
    let source = source.as_mut().unwrap();
    let mut seen = 0;
    for seed in 0..400 {
        let Some(ResponseBody::Json(body)) = &understudy_testkit::fixture(seed).responses[0].body else { continue };
        let body = format!("{{\"seed\":{seed},\"body\":[{body},{body}],\"last\":true}}", body = body.value());
        let edited = edit_fixture(source, "f", &NoFiles, &Edit::Body(&[], Some(json(&body))));
        source.text = edited.unwrap_or_else(|error| panic!("seed {seed}: {error}\n{body}\n{}", source.text)).0;
        seen += 1;
    }
    assert!(seen > 100, "{seen}");
}
