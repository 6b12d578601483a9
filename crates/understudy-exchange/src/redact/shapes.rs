//! Secrets that are known by what they look like, wherever they stand: tokens of standards, and the credentials of services that
//! begin in a way of their own, so that they can be found.
//!
//! Each shape names the page that publishes it. Where a service publishes none, the shape is that of the tokens it gives out.

use super::stand_in;
use super::value::is_random;
use aho_corasick::{AhoCorasick, MatchKind};
use std::ops::Range;
use std::sync::LazyLock;

/// Characters of which a credential consists.
#[derive(Debug, Clone, Copy)]
enum Of {
    /// Letters and digits.
    Alphanumeric,
    /// Capital letters and digits.
    Capital,
    /// Hexadecimal digits.
    Hex,
    /// Letters, digits, `-` and `_`.
    Url,
    /// Letters, digits, `-`, `_`, `.` and `=`.
    Dotted,
    /// Letters, digits, `+`, `/`, `-`, `_` and `=`.
    Base64,
    /// What may stand in the path of a URL.
    Path,
    /// Digits.
    Digit,
}

impl Of {
    fn has(self, byte: u8) -> bool {
        let more: &[u8] = match self {
            Self::Alphanumeric => b"",
            Self::Capital => return byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => return byte.is_ascii_hexdigit(),
            Self::Digit => return byte.is_ascii_digit(),
            Self::Url => b"-_",
            Self::Dotted => b"-_.=",
            Self::Base64 => b"+/-_=",
            Self::Path => b"-_.~/@%+=",
        };
        byte.is_ascii_alphanumeric() || more.contains(&byte)
    }
}

/// How a credential goes on after its mark.
#[derive(Debug, Clone, Copy)]
enum Tail {
    /// At least so many of these characters.
    AtLeast(usize, Of),
    /// Exactly so many, and none of them after that.
    Exactly(usize, Of),
    /// The mark stands in the middle: at least so many of these characters before it, and so many after it.
    Around(usize, Of, usize, Of),
    /// As this function says: how many bytes after the mark belong to it.
    As(fn(&str) -> Option<usize>),
}

/// Credentials that look alike.
#[derive(Debug)]
struct Shape {
    kind: &'static str,
    /// The service or the standard, as reports show it.
    name: &'static str,
    /// The texts by which it is found. Most begin it.
    marks: &'static [&'static str],
    tail: Tail,
}

const fn key(name: &'static str, marks: &'static [&'static str], tail: Tail) -> Shape {
    Shape { kind: "api-key", name, marks, tail }
}

const fn token(name: &'static str, marks: &'static [&'static str], tail: Tail) -> Shape {
    Shape { kind: "token", name, marks, tail }
}

use Of::{Alphanumeric, Base64, Capital, Digit, Dotted, Hex, Path, Url};
use Tail::{Around, As, AtLeast, Exactly};

#[rustfmt::skip]
static SHAPES: &[Shape] = &[
    // RFC 7519 and RFC 7515, section 7.1: parts of base64url, of which the first two are JSON objects.
    token("JSON web token", &["eyJ", "ewog", "ewoJ"], As(jwt)),
    token("JSON web token in base64", &["ZXlK"], As(jwt_in_base64)),
    // RFC 7468, section 2, and the armour of OpenPGP (RFC 9580, section 6.2).
    Shape { kind: "private-key", name: "private key", marks: &["-----BEGIN "], tail: As(private_key) },
    // https://github.com/FiloSottile/age
    Shape { kind: "private-key", name: "age secret key", marks: &["AGE-SECRET-KEY-1"], tail: AtLeast(50, Capital) },
    // https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github
    key("GitHub token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], AtLeast(20, Alphanumeric)),
    key("GitHub token", &["github_pat_"], AtLeast(20, Url)),
    // https://docs.gitlab.com/security/tokens/#token-prefixes
    key("GitLab token", &["glpat-", "gldt-", "glrt-", "glft-", "glsoat-", "gloas-", "glcbt-", "glptt-", "glimt-", "glagent-", "glffct-", "glwt-", "_gitlab_session="], AtLeast(16, Dotted)),
    key("GitLab registration token", &["GR1348941"], AtLeast(16, Url)),
    // https://docs.stripe.com/keys
    key("Stripe key", &["sk_live_", "sk_test_", "sk_prod_", "rk_live_", "rk_test_", "rk_prod_"], AtLeast(10, Alphanumeric)),
    key("Stripe webhook secret", &["whsec_"], AtLeast(20, Base64)),
    // https://docs.slack.dev/authentication/tokens
    key("Slack token", &["xoxa-", "xoxb-", "xoxc-", "xoxd-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-", "xoxe.xoxb-", "xoxe.xoxp-"], AtLeast(10, Url)),
    key("Slack webhook", &["hooks.slack.com/services/", "hooks.slack.com/workflows/", "hooks.slack.com/triggers/"], AtLeast(20, Base64)),
    // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    key("AWS access key", &["AKIA", "ASIA", "ABIA", "ACCA", "A3T"], As(aws_key)),
    key("AWS Bedrock key", &["ABSK"], AtLeast(100, Base64)),
    key("AWS Bedrock key", &["bedrock-api-key-"], AtLeast(20, Base64)),
    // https://cloud.google.com/docs/authentication/api-keys, https://developers.google.com/identity/protocols/oauth2
    key("Google API key", &["AIza"], AtLeast(30, Url)),
    key("Google OAuth client secret", &["GOCSPX-"], AtLeast(24, Url)),
    token("Google OAuth token", &["ya29."], AtLeast(20, Dotted)),
    token("Google OAuth refresh token", &["1//0"], AtLeast(30, Url)),
    // https://docs.npmjs.com/about-access-tokens
    key("npm token", &["npm_", "NPM_"], AtLeast(36, Alphanumeric)),
    // https://pypi.org/help/#apitoken
    key("PyPI token", &["pypi-AgE"], AtLeast(30, Url)),
    key("RubyGems key", &["rubygems_"], AtLeast(40, Hex)),
    key("Clojars token", &["CLOJARS_", "clojars_"], AtLeast(50, Alphanumeric)),
    key("crates.io token", &["cio"], Exactly(32, Alphanumeric)),
    key("Docker token", &["dckr_pat_", "dckr_oat_"], AtLeast(20, Url)),
    // https://docs.sendgrid.com/ui/account-and-settings/api-keys
    key("SendGrid key", &["SG."], AtLeast(40, Dotted)),
    key("Brevo key", &["xkeysib-", "xsmtpsib-"], AtLeast(40, Url)),
    key("Mailgun key", &["key-"], Exactly(32, Alphanumeric)),
    // https://platform.openai.com/docs/api-reference/authentication, https://docs.anthropic.com/en/api/overview
    key("Anthropic key", &["sk-ant-"], AtLeast(20, Url)),
    key("OpenAI key", &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"], AtLeast(20, Url)),
    key("OpenRouter key", &["sk-or-v1-"], AtLeast(40, Hex)),
    key("OpenAI key", &["sk-"], AtLeast(32, Alphanumeric)),
    key("Hugging Face token", &["hf_", "api_org_"], AtLeast(30, Alphanumeric)),
    key("Perplexity key", &["pplx-"], AtLeast(40, Alphanumeric)),
    key("Groq key", &["gsk_"], AtLeast(40, Alphanumeric)),
    key("xAI key", &["xai-"], AtLeast(60, Alphanumeric)),
    key("Replicate token", &["r8_"], AtLeast(37, Alphanumeric)),
    key("Pinecone key", &["pcsk_"], AtLeast(40, Url)),
    // https://shopify.dev/docs/apps/auth
    key("Shopify token", &["shpat_", "shpca_", "shppa_", "shpss_", "shptka_"], AtLeast(32, Hex)),
    key("Facebook token", &["EAAC", "EAAM"], AtLeast(100, Alphanumeric)),
    key("Razorpay key", &["rzp_live_", "rzp_test_"], AtLeast(14, Alphanumeric)),
    key("Flutterwave key", &["FLWSECK_TEST-", "FLWSECK-", "FLWPUBK_TEST-"], AtLeast(12, Url)),
    key("EasyPost key", &["EZAK", "EZTK"], AtLeast(54, Alphanumeric)),
    key("Duffel token", &["duffel_test_", "duffel_live_"], AtLeast(40, Dotted)),
    key("Shippo token", &["shippo_live_", "shippo_test_"], AtLeast(40, Hex)),
    // https://docs.digitalocean.com/reference/api/create-personal-access-token/
    key("DigitalOcean token", &["dop_v1_", "doo_v1_", "dor_v1_", "DOP_V1_", "DOR_V1_"], AtLeast(40, Hex)),
    key("Doppler token", &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."], AtLeast(40, Dotted)),
    // https://developer.hashicorp.com/vault/docs/concepts/tokens#token-prefixes
    key("Vault token", &["hvs.", "hvb.", "hvr."], AtLeast(20, Url)),
    key("Heroku token", &["HRKU-AA"], AtLeast(50, Url)),
    key("Fly.io token", &["fo1_", "fm1a_", "fm1r_", "fm2_"], AtLeast(40, Base64)),
    key("Netlify token", &["nfp_", "nfc_", "nfo_", "nfu_"], AtLeast(30, Alphanumeric)),
    key("Supabase key", &["sbp_", "sb_secret_"], AtLeast(20, Url)),
    key("PlanetScale token", &["pscale_tkn_", "pscale_oauth_", "pscale_pw_"], AtLeast(32, Dotted)),
    key("Databricks token", &["dapi"], As(databricks)),
    key("ClickHouse key", &["4b1d"], Exactly(38, Alphanumeric)),
    key("Artifactory key", &["AKCp"], AtLeast(60, Alphanumeric)),
    key("Artifactory token", &["cmVmd"], AtLeast(55, Alphanumeric)),
    key("Atlassian token", &["ATATT3", "ATCTT3", "ATBB"], AtLeast(24, Dotted)),
    key("Adobe secret", &["p8e-", "P8E-"], Exactly(32, Alphanumeric)),
    key("Alibaba access key", &["LTAI"], AtLeast(16, Alphanumeric)),
    key("Tencent secret id", &["AKID"], AtLeast(32, Alphanumeric)),
    key("Beamer token", &["b_"], Exactly(44, Dotted)),
    key("Cloudflare origin CA key", &["v1.0-"], AtLeast(100, Url)),
    key("Contentful token", &["CFPAT-"], AtLeast(40, Url)),
    key("Defined Networking token", &["dnkey-"], AtLeast(60, Dotted)),
    key("Dropbox token", &["sl."], AtLeast(100, Dotted)),
    key("Dynatrace token", &["dt0c01.", "dt0s01."], AtLeast(60, Dotted)),
    key("Figma token", &["figd_", "figo_", "figu_"], AtLeast(30, Url)),
    key("Frame.io token", &["fio-u-"], AtLeast(50, Dotted)),
    key("Grafana key", &["glc_", "GLC_"], AtLeast(30, Base64)),
    key("Grafana token", &["glsa_"], AtLeast(32, Url)),
    key("Grafana key", &["eyJrIjoi"], AtLeast(60, Base64)),
    key("HubSpot token", &["pat-na1-", "pat-eu1-"], AtLeast(30, Url)),
    key("Infracost token", &["ico-"], Exactly(32, Alphanumeric)),
    key("42 secret", &["s-s4t2ud-", "s-s4t2af-"], AtLeast(60, Hex)),
    key("LaunchDarkly key", &["sdk-", "mob-", "api-"], As(uuid)),
    key("Linear key", &["lin_api_", "lin_oauth_"], AtLeast(32, Alphanumeric)),
    key("Notion token", &["ntn_"], AtLeast(40, Alphanumeric)),
    key("Notion token", &["secret_"], Exactly(43, Alphanumeric)),
    key("New Relic key", &["NRAK-", "NRJS-", "NRII-", "NRRA-", "NRAA-"], AtLeast(19, Url)),
    key("Octopus key", &["API-"], AtLeast(24, Capital)),
    key("1Password key", &["A3-"], As(one_password)),
    key("1Password token", &["ops_eyJ"], AtLeast(100, Base64)),
    key("OpenShift token", &["sha256~"], AtLeast(40, Url)),
    key("Plaid token", &["access-sandbox-", "access-development-", "access-production-"], As(uuid)),
    key("PostHog key", &["phx_", "phs_"], AtLeast(30, Alphanumeric)),
    key("Postman key", &["PMAK-"], AtLeast(50, Url)),
    key("Prefect token", &["pnu_", "pnb_"], AtLeast(30, Alphanumeric)),
    key("Pulumi token", &["pul-"], AtLeast(40, Hex)),
    key("ReadMe key", &["rdme_"], AtLeast(60, Alphanumeric)),
    key("Scalingo token", &["tk-us-", "tk-eu-"], AtLeast(40, Url)),
    key("Sentry token", &["sntrys_", "sntryu_"], AtLeast(40, Base64)),
    key("SettleMint token", &["sm_aat_", "sm_pat_", "sm_sat_"], AtLeast(16, Alphanumeric)),
    key("Sonar token", &["squ_", "sqp_", "sqa_"], AtLeast(30, Alphanumeric)),
    key("Sourcegraph token", &["sgp_"], As(sourcegraph)),
    key("Tailscale key", &["tskey-"], AtLeast(16, Url)),
    key("Twilio key", &["SK"], Exactly(32, Hex)),
    key("Typeform token", &["tfp_"], AtLeast(40, Dotted)),
    key("Zapier webhook", &["hooks.zapier.com/hooks/catch/"], AtLeast(8, Path)),
    key("Discord webhook", &["discord.com/api/webhooks/", "discordapp.com/api/webhooks/"], AtLeast(40, Path)),
    key("Airtable token", &["pat"], As(airtable)),
    key("Authress key", &[".acc_", ".acc-"], Around(10, Dotted, 40, Path)),
    key("Azure client secret", &["Q~"], Around(4, Path, 31, Path)),
    key("Facebook app token", &["|"], Around(15, Digit, 27, Url)),
    key("Harness key", &["pat.", "sat."], AtLeast(60, Dotted)),
    key("Lob or GoCardless key", &["live_", "test_", "live_pub_", "test_pub_"], AtLeast(30, Url)),
    key("Mailchimp key", &["-us"], Around(32, Hex, 1, Alphanumeric)),
    key("Mapbox token", &["pk.eyJ", "sk.eyJ", "tk.eyJ"], AtLeast(60, Dotted)),
    key("MaxMind key", &["_mmk"], Around(36, Url, 0, Alphanumeric)),
    key("Microsoft Teams webhook", &["webhook.office.com/webhookb2/"], AtLeast(20, Path)),
    key("Square token", &["sq0atp-", "sq0csp-"], AtLeast(22, Url)),
    key("Square token", &["EAAA"], AtLeast(22, Url)),
    key("Telegram bot token", &[":A"], Around(5, Digit, 34, Url)),
    key("Terraform token", &[".atlasv1."], Around(14, Alphanumeric, 50, Dotted)),
    key("Vault token", &["s."], Exactly(24, Alphanumeric)),
    key("Yandex token", &["t1."], AtLeast(80, Dotted)),
    key("Yandex key", &["AQVN"], AtLeast(35, Url)),
    key("Yandex access key", &["YCA", "YCB", "YCM", "YCN", "YCO", "YCP"], Exactly(37, Url)),
];

/// Finds marks, the longest at each place.
static MARKS: LazyLock<(AhoCorasick, Vec<&'static Shape>)> = LazyLock::new(|| {
    let marks = SHAPES.iter().flat_map(|shape| shape.marks.iter().map(move |mark| (*mark, shape)));
    let (marks, shapes): (Vec<&str>, Vec<&Shape>) = marks.unzip();
    let finder = AhoCorasick::builder().match_kind(MatchKind::Standard).build(marks);
    (finder.expect("a few hundred texts are not too many"), shapes)
});

/// The first two bytes of all marks, a bit for each.
static BEGINNINGS: LazyLock<Vec<u64>> = LazyLock::new(|| {
    let mut bits = vec![0; 1 << 10];
    for mark in SHAPES.iter().flat_map(|shape| shape.marks).filter(|mark| mark.len() > 1) {
        let at = u16::from_be_bytes([mark.as_bytes()[0], mark.as_bytes()[1]]);
        bits[usize::from(at >> 6)] |= 1 << (at & 63);
    }
    bits
});

/// Returns true if a mark may stand in a text, where a word begins or ends. `Q~` and `|` alone stand inside one.
pub(super) fn may_begin_in(text: &str) -> bool {
    let bits = &*BEGINNINGS;
    let bytes = text.as_bytes();
    bytes.windows(2).enumerate().any(|(at, two)| {
        let is_boundary = at == 0 || !bytes[at - 1].is_ascii_alphanumeric() || !two[0].is_ascii_alphanumeric();
        let both = u16::from_be_bytes([two[0], two[1]]);
        is_boundary && bits[usize::from(both >> 6)] >> (both & 63) & 1 == 1
    })
}

/// A secret that was found by its look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) at: Range<usize>,
    pub(super) kind: &'static str,
    pub(super) name: &'static str,
}

/// No shape is shorter.
const SECRET_BYTES_MIN: usize = 15;

/// Finds the secrets in a text, in order; of those that overlap the longest that begins first.
pub(super) fn find(text: &str) -> Vec<Look> {
    if text.len() < SECRET_BYTES_MIN {
        return Vec::new();
    }
    let (finder, shapes) = &*MARKS;
    let mut found: Vec<Look> = Vec::new();
    for mark in finder.find_overlapping_iter(text) {
        let Shape { kind, name, tail, .. } = shapes[mark.pattern().as_usize()];
        let Some(at) = extent(text, mark.range(), *tail) else { continue };
        let secret = &text[at.clone()];
        // Names of many words begin like some of them: `test_that_all_the_words_are_there`.
        if (matches!(tail, As(_)) || is_random(secret)) && !stand_in::is_stand_in(secret) {
            found.push(Look { at, kind, name });
        }
    }
    found.sort_by_key(|look| (look.at.start, std::cmp::Reverse(look.at.end)));
    let mut end = 0;
    found.retain(|look| {
        look.at.start >= end && {
            end = look.at.end;
            true
        }
    });
    found
}

/// Returns true if there is a secret in a text.
pub(super) fn has_secrets(text: &str) -> bool {
    !find(text).is_empty()
}

/// The extent of a credential whose mark is here.
fn extent(text: &str, mark: Range<usize>, tail: Tail) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let run = |of: Of| bytes[mark.end..].iter().take_while(|byte| of.has(**byte)).count();
    let (begin, after) = match tail {
        AtLeast(least, of) => (mark.start, Some(run(of)).filter(|length| *length >= least)?),
        Exactly(length, of) => (mark.start, Some(run(of)).filter(|own| *own == length)?),
        As(tail) => (mark.start, tail(&text[mark.end..])?),
        Around(before, of_before, least, of) => {
            let own = bytes[..mark.start].iter().rev().take_while(|byte| of_before.has(**byte)).count();
            let length = Some(run(of)).filter(|length| *length >= least)?;
            (mark.start - Some(own).filter(|own| *own >= before)?, length)
        }
    };
    // A mark within a word is no mark. An escape of a line's end stands before one like a letter.
    let is_inside = bytes[begin].is_ascii_alphanumeric()
        && begin > 0
        && (bytes[begin - 1].is_ascii_alphanumeric() && !is_escape(&bytes[..begin]));
    (!is_inside).then(|| begin..mark.end + after)
}

fn is_escape(before: &[u8]) -> bool {
    matches!(before, [.., b'\\', b'n' | b'r' | b't'])
}

fn count(text: &str, of: Of) -> usize {
    text.bytes().take_while(|byte| of.has(*byte)).count()
}

/// Two parts of base64url that are JSON objects, and a third one, which may be empty.
fn jwt(rest: &str) -> Option<usize> {
    let header = count(rest, Url);
    let claims = rest[header..]
        .strip_prefix('.')
        .filter(|claims| header >= 6 && ["eyJ", "ewo"].iter().any(|begin| claims.starts_with(begin)))?;
    let claims = count(claims, Url);
    let signature = rest[header + 1 + claims..].strip_prefix('.').filter(|_| claims >= 7)?;
    // An encrypted token has five parts (RFC 7516, section 7.1).
    Some(header + 1 + claims + 1 + count(signature, Dotted))
}

/// A whole token that was encoded once more: its first dot is somewhere in it.
fn jwt_in_base64(rest: &str) -> Option<usize> {
    Some(count(rest, Base64)).filter(|length| *length >= 30)
}

fn private_key(rest: &str) -> Option<usize> {
    let label = rest.find("-----").filter(|end| rest[..*end].contains("PRIVATE KEY") && *end < 64)?;
    let body = &rest[label + 5..];
    // Of a key that is cut off, all that is there.
    let end =
        body.find("-----END ").and_then(|end| Some(end + body[end + 9..].find("-----")? + 14)).unwrap_or(body.len());
    Some(label + 5 + end)
}

fn aws_key(rest: &str) -> Option<usize> {
    let length = count(rest, Capital);
    matches!(length, 16 | 17).then_some(length)
}

fn uuid(rest: &str) -> Option<usize> {
    rest.get(..36).filter(|text| super::value::is_uuid(text)).map(|_| 36)
}

fn databricks(rest: &str) -> Option<usize> {
    let length = count(rest, Hex);
    let more = rest[length..].strip_prefix('-').map_or(0, |rest| 1 + count(rest, Hex).min(1));
    (length == 32).then_some(length + more)
}

/// `pat`, 14 characters, a dot, and 64 digits.
fn airtable(rest: &str) -> Option<usize> {
    let secret = rest.get(14..).filter(|_| count(rest, Alphanumeric) == 14)?.strip_prefix('.')?;
    Some(15 + count(secret, Hex)).filter(|length| *length >= 70)
}

/// https://support.1password.com/secret-key-security/
fn one_password(rest: &str) -> Option<usize> {
    let length =
        rest.bytes().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'-').count();
    let groups: Vec<usize> = rest[..length].split('-').map(str::len).collect();
    matches!(groups.as_slice(), [6, 11 | 6, 5, ..]).then_some(length)
}

fn sourcegraph(rest: &str) -> Option<usize> {
    Some(count(rest, Url)).filter(|length| *length >= 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_in_the_middle_of_text() {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln";
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----";
        let text = format!("a {token}, {key} and ghp_0123456789abcdefghijABCDEFGHIJ012345 end");
        let found: Vec<(&str, &str)> = find(&text).into_iter().map(|look| (&text[look.at], look.kind)).collect();
        assert_eq!(found[0], (token, "token"));
        assert_eq!(found[1], (key, "private-key"));
        assert_eq!(found[2], ("ghp_0123456789abcdefghijABCDEFGHIJ012345", "api-key"));
        assert!(find("eyJ.eyJ.x and BEGIN PRIVATE KEY").is_empty());
    }

    #[test]
    fn a_mark_inside_a_word_is_none() {
        for text in [
            "desk-0123456789abcdefghij0123456789abcd",
            "task-list-of-things-to-be-done-tomorrow",
            "us-east-1",
            "a.s.abc",
            "-user-agent",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
        let shortest = ["xoxb-0123456789", "sk_live_0123456789", "123456789:AAbcdefghijklmnopqrstuvwxyz01234567"];
        assert!(shortest.into_iter().all(has_secrets), "{shortest:?}");
    }
}
