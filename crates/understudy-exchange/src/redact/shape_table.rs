//! The table of shapes: credentials with a distinctive text in them, most often a prefix.
//!
//! Each shape names the page that documents it. If a service documents none, the shape follows the tokens that the
//! service issues, as the rules of public scanners do (gitleaks, Nosey Parker, Kingfisher, secretlint).

use super::shapes::{
    airtable, aws_key, click_up, databricks, go_cardless, hash, jwt, jwt_in_base64, one_password, parameters,
    private_key, putty, sourcegraph, telegram, uuid,
};

/// The characters of a credential.
#[derive(Debug, Clone, Copy)]
pub(super) enum Of {
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
    /// Characters of a URL's path.
    Path,
    /// Digits.
    Digit,
    /// The parts of a password hash, and the separators between them.
    Crypt,
}

impl Of {
    /// The number of variants.
    pub(super) const COUNT: usize = 9;

    pub(super) fn has(self, byte: u8) -> bool {
        let more: &[u8] = match self {
            Self::Alphanumeric => b"",
            Self::Capital => return byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => return byte.is_ascii_hexdigit(),
            Self::Digit => return byte.is_ascii_digit(),
            Self::Url => b"-_",
            Self::Dotted => b"-_.=",
            Self::Base64 => b"+/-_=",
            Self::Path => b"-_.~/@%+=",
            Self::Crypt => b"./$=+:@*-_",
        };
        byte.is_ascii_alphanumeric() || more.contains(&byte)
    }
}

/// The form of a credential around its mark.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tail {
    /// At least this many of these characters follow the mark.
    AtLeast(usize, Of),
    /// Exactly this many of these characters follow the mark.
    Exactly(usize, Of),
    /// The mark stands in the middle, with at least this many of these characters before it and after it.
    Around(usize, Of, usize, Of),
    /// The function returns how many bytes after the mark belong to the credential.
    As(fn(&str) -> Option<usize>),
}

/// A kind of credential that can be found by its look.
#[derive(Debug)]
pub(super) struct Shape {
    pub(super) kind: &'static str,
    /// The service or the standard, as reports show it.
    pub(super) name: &'static str,
    /// The texts by which the credential is found. Most of them are prefixes.
    pub(super) marks: &'static [&'static str],
    pub(super) tail: Tail,
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
pub(super) static SHAPES: &[Shape] = &[
    // RFC 7519 and RFC 7515, section 7.1: parts in base64url. The first two are JSON objects.
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
    key("Lob key", &["live_", "test_", "live_pub_", "test_pub_"], AtLeast(31, Hex)),
    key("GoCardless token", &["live_", "test_"], As(go_cardless)),
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
    // crypt(5), the PHC string format (https://github.com/P-H-C/phc-string-format), and Django's.
    Shape { kind: "password", name: "hash of a password", marks: &["$2a$", "$2b$", "$2x$", "$2y$", "$1$", "$5$", "$6$", "$8$", "$y$", "$apr1$", "$scrypt$", "$pbkdf2", "pbkdf2_sha256$", "$krb5asrep$", "$krb5tgs$"], tail: As(hash) },
    Shape { kind: "password", name: "hash of a password", marks: &["$argon2id$", "$argon2i$", "$argon2d$"], tail: As(parameters) },
    // PuTTY's documentation, appendix C.
    Shape { kind: "private-key", name: "private key", marks: &["PuTTY-User-Key-File-"], tail: As(putty) },
    // https://learn.microsoft.com/en-us/purview/sit-defn-all-creds: keys that hold the mark of their service.
    key("Azure key", &["+ASt", "+ABa", "+AEh", "+ARm", "+ACR", "AIoT", "ACDb", "AzCa", "AzSe", "AzFu", "APIM", "AZDO", "+AMC"], Around(30, Base64, 4, Base64)),
    key("RapidAPI key", &["jsn"], Around(36, Alphanumeric, 12, Alphanumeric)),
    key("Firebase server key", &[":APA91b"], Around(7, Url, 100, Url)),
    token("Salesforce session", &["!A"], Around(15, Alphanumeric, 60, Dotted)),
    key("Amazon key", &["amzn.mws."], As(uuid)),
    key("Amazon client secret", &["amzn1.oa2-cs.v1."], AtLeast(40, Hex)),
    key("AWS AppSync key", &["da2-"], AtLeast(20, Alphanumeric)),
    key("AWS id of a role or user", &["AGPA", "AIDA", "AROA", "AIPA", "ANPA", "ANVA"], As(aws_key)),
    key("Adafruit key", &["aio_"], AtLeast(24, Alphanumeric)),
    key("Aiven password", &["AVNS_"], AtLeast(15, Url)),
    key("Apify token", &["apify_api_"], AtLeast(30, Alphanumeric)),
    key("Arcjet key", &["ajkey_"], AtLeast(20, Alphanumeric)),
    key("Anyscale key", &["esecret_"], AtLeast(20, Alphanumeric)),
    key("Braintree token", &["access_token$production$", "access_token$sandbox$"], As(hash)),
    key("Buildkite token", &["bkua_", "bkaj_", "bkpt_", "bkct_"], AtLeast(30, Alphanumeric)),
    key("Cal.com key", &["cal_live_"], AtLeast(24, Alphanumeric)),
    key("Cerebras key", &["csk-"], AtLeast(36, Alphanumeric)),
    key("CircleCI token", &["CCIPAT_", "CCIPRJ_"], AtLeast(40, Url)),
    key("ClickUp token", &["pk_"], As(click_up)),
    key("Cloudflare token", &["cfut_", "cfat_", "cfk_"], AtLeast(36, Url)),
    key("CockroachDB key", &["CCDB1_"], AtLeast(50, Url)),
    key("Confluent secret", &["cflt"], AtLeast(56, Base64)),
    key("Cursor key", &["crsr_", "key_"], AtLeast(60, Hex)),
    key("Deno token", &["ddp_", "ddw_", "ddo_"], AtLeast(30, Alphanumeric)),
    key("DigitalOcean Spaces key", &["DO00", "DO801"], Exactly(16, Capital)),
    key("E2B key", &["e2b_"], AtLeast(36, Hex)),
    key("Elastic key", &["essu_"], AtLeast(40, Base64)),
    key("ElevenLabs key", &["sk_"], Exactly(48, Hex)),
    key("Endor Labs key", &["endr+"], AtLeast(14, Url)),
    key("Fernet token", &["gAAAAA"], AtLeast(90, Base64)),
    key("Firecrawl key", &["fc-"], Exactly(32, Hex)),
    key("Fireworks key", &["fw_"], Exactly(24, Alphanumeric)),
    key("Google OAuth code", &["4/0A"], AtLeast(50, Url)),
    key("Infura, Alchemy or QuickNode key", &[".infura.io/v3/", ".alchemyapi.io/v2/", ".g.alchemy.com/v2/", ".quiknode.pro/"], AtLeast(24, Url)),
    key("ThingsBoard token", &["thingsboard.cloud/api/v1/"], AtLeast(20, Alphanumeric)),
    key("key with its name", &["-SECRET-", "-PRIVATE-", "-ACCESS-", "-TOKEN-", "-KEY-", "-secret-", "-token-"], AtLeast(24, Dotted)),
    key("Telegram bot token", &["/bot"], As(telegram)),
    key("Yandex token", &["y0_"], AtLeast(50, Url)),
    key("Instagram token", &["IGQV", "IGAA"], AtLeast(80, Base64)),
    key("Intercom token", &["dG9rO"], AtLeast(50, Base64)),
    key("Jina key", &["jina_"], AtLeast(40, Url)),
    key("Klaviyo key", &["pk_"], Exactly(34, Hex)),
    key("Langfuse key", &["sk-lf-"], As(uuid)),
    key("LangSmith key", &["lsv2_pt_", "lsv2_sk_", "lsv2_"], AtLeast(30, Url)),
    key("Lark webhook", &["open-apis/bot/v2/hook/"], As(uuid)),
    key("Lichess token", &["lip_"], AtLeast(16, Alphanumeric)),
    key("MailerSend token", &["mlsn."], AtLeast(40, Hex)),
    key("Make webhook", &[".make.com/"], AtLeast(28, Alphanumeric)),
    key("Mandrill key", &["md-"], Exactly(22, Url)),
    key("Mercado Pago token", &["APP_USR-"], AtLeast(30, Url)),
    key("Mergify key", &["mka_"], AtLeast(30, Url)),
    key("Modal key", &["ak-", "as-"], Exactly(22, Alphanumeric)),
    key("MongoDB service account", &["mdb_sa_sk_"], AtLeast(30, Url)),
    key("n8n key", &["n8n_api_"], AtLeast(30, Dotted)),
    key("Neon key", &["napi_"], AtLeast(40, Alphanumeric)),
    key("NuGet key", &["oy2"], Exactly(43, Alphanumeric)),
    key("NVIDIA key", &["nvapi-"], AtLeast(40, Url)),
    key("Paddle key", &["pdl_live_apikey_", "pdl_sdbx_apikey_"], AtLeast(30, Url)),
    key("Persona key", &["persona_sandbox_", "persona_production_"], AtLeast(20, Url)),
    key("Polar token", &["polar_oat_", "polar_pat_"], AtLeast(30, Alphanumeric)),
    key("Portainer token", &["ptr_"], AtLeast(30, Base64)),
    key("PubNub key", &["sec-c-"], AtLeast(30, Base64)),
    key("Logfire token", &["pylf_v1_"], AtLeast(30, Url)),
    key("pyx key", &["pyx-key-v1-"], AtLeast(30, Url)),
    key("Render key", &["rnd_"], AtLeast(24, Alphanumeric)),
    key("Resend key", &["re_"], AtLeast(28, Url)),
    key("Riot key", &["RGAPI-"], As(uuid)),
    key("RunPod key", &["rpa_"], AtLeast(36, Alphanumeric)),
    key("Scaleway key", &["SCW"], Exactly(17, Capital)),
    key("StackHawk key", &["hawk."], AtLeast(36, Dotted)),
    key("Statsig key", &["secret-"], AtLeast(30, Alphanumeric)),
    key("Stytch secret", &["secret-live-", "secret-test-"], AtLeast(30, Base64)),
    key("Tavily key", &["tvly-"], AtLeast(20, Url)),
    key("Together key", &["tgp_v1_"], AtLeast(40, Url)),
    key("Trigger.dev key", &["tr_dev_", "tr_prod_", "tr_stg_", "tr_pat_"], AtLeast(18, Alphanumeric)),
    key("Unkey key", &["unkey_"], AtLeast(20, Alphanumeric)),
    key("Vercel token", &["vcp_", "vci_", "vca_", "vcr_", "vck_"], AtLeast(24, Alphanumeric)),
    key("Vercel Blob token", &["vercel_blob_rw_"], AtLeast(40, Url)),
    key("Voyage key", &["pa-"], Exactly(43, Url)),
    key("WakaTime key", &["waka_"], As(uuid)),
    key("Weights & Biases key", &["wandb_v1_"], AtLeast(40, Url)),
    key("Xendit key", &["xnd_production_", "xnd_development_"], AtLeast(30, Alphanumeric)),
    key("Zoho token", &["1000."], AtLeast(60, Dotted)),
    key("Zuplo key", &["zpka_"], AtLeast(30, Url)),
];
