//! The elements of a page of HTML or XML, whatever is wrong with it.
//!
//! A page comes from a backend and may be anything: each step reads a place of it once.

/// A page with its tags.
#[derive(Debug)]
pub(crate) struct Page<'p> {
    text: &'p str,
    /// In the order of the text.
    tags: Vec<Tag<'p>>,
}

#[derive(Debug)]
struct Tag<'p> {
    /// The name with its prefix.
    name: &'p str,
    closes: bool,
    /// The place of `<`.
    start: usize,
    /// The place behind `>`.
    end: usize,
}

impl<'p> Page<'p> {
    /// Finds the tags of a page. What has no `>` is no tag.
    pub(crate) fn of(text: &'p str) -> Self {
        let mut tags = Vec::new();
        // The end of the tags that were found last: several tags may have to share one `>`.
        let mut end = 0;
        for (start, _) in text.match_indices('<') {
            let (inside, closes) = match text[start + 1..].strip_prefix('/') {
                Some(_) => (start + 2, true),
                None => (start + 1, false),
            };
            let name = name_at(&text[inside..]);
            if name.is_empty() {
                continue;
            }
            if end < inside + name.len() {
                let Some(found) = text[inside + name.len()..].find('>') else { break };
                end = inside + name.len() + found + 1;
            }
            tags.push(Tag { name, closes, start, end });
        }
        Self { text, tags }
    }

    /// Returns the title of an HTML page, or its first heading.
    pub(crate) fn title(&self) -> Option<String> {
        self.element("title").or_else(|| self.element("h1"))
    }

    /// Returns the text of the first element with this name that has one, without the markup in it. Prefixes of namespaces
    /// do not count. An element without an end goes to the end of the page.
    pub(crate) fn element(&self, name: &str) -> Option<String> {
        let mut open: Option<&Tag<'p>> = None;
        for tag in &self.tags {
            match open {
                None if !tag.closes && tag.has_local_name(name) => open = Some(tag),
                Some(first) if tag.closes && tag.start >= first.end && tag.name.eq_ignore_ascii_case(first.name) => {
                    let text = without_markup(&self.text[first.end..tag.start]);
                    if !text.is_empty() {
                        return Some(text);
                    }
                    open = None;
                }
                _ => {}
            }
        }
        open.map(|first| without_markup(&self.text[first.end..])).filter(|text| !text.is_empty())
    }
}

impl Tag<'_> {
    fn has_local_name(&self, name: &str) -> bool {
        self.name.rsplit(':').next().is_some_and(|local| local.eq_ignore_ascii_case(name))
    }
}

/// Returns the name that a tag's inside begins with; empty for a comment and for a `<` that is text.
fn name_at(inside: &str) -> &str {
    if !inside.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return "";
    }
    let end = inside.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '<' | '>'));
    &inside[..end.unwrap_or(inside.len())]
}

fn without_markup(text: &str) -> String {
    let mut out = String::new();
    let mut is_tag = false;
    for c in text.chars() {
        match c {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                out.push(' ');
            }
            c if !is_tag => out.push(c),
            _ => {}
        }
    }
    let out = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&amp;", "&")]
        .iter()
        .fold(out, |text, (escape, c)| text.replace(escape, c));
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(page: &str, name: &str) -> Option<String> {
        Page::of(page).element(name)
    }

    #[test]
    fn the_first_element_with_a_text_is_found() {
        for (page, found) in [
            ("<p></p><p>&nbsp;</p><P class=\"a\">one <b>two</b></p><p>three</p>", Some("one two")),
            ("<p>one", Some("one")),
            ("<s:p>one</s:p>", Some("one")),
            ("<p>one</pre></p>", Some("one")),
            ("1 < 2 <p>one</p>", Some("one")),
            ("a <b <p>one</p>", Some("one")),
            ("<!-- [if ie]> <p>one</p>", Some("one")),
            ("<pre>one</pre>", None),
            ("<p", None),
            ("<p><p><p>", None),
        ] {
            assert_eq!(element(page, "p").as_deref(), found, "{page}");
        }
    }

    #[test]
    fn a_page_of_nothing_but_tags_is_read_in_one_pass() {
        // A search from each place to the end would not end here.
        const TIMES: usize = 1 << 17;
        for repeated in ["<", "</", "<p", "<p ", "<p>", "<p></p>", "<p/", "<p><b>", "<a:p>"] {
            for end in ["", ">", "</p"] {
                let found = element(&(repeated.repeat(TIMES) + end), "p");
                assert!(matches!(found.as_deref(), None | Some(">")), "{repeated} {end}");
            }
        }
    }
}
