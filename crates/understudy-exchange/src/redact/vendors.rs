//! The vendors of services whose credentials look random and have no distinctive prefix.

/// Vendors: a random value under one of these names is secret. The names are those of the services in public documents
/// on secret scanning (GitHub's "Supported secret scanning patterns", GitGuardian's detectors, the rules of Kingfisher
/// and Titus). Names that are English words are left out.
#[rustfmt::skip]
pub(super) const VENDORS: &[&str] = &[
    "abuseipdb", "adafruit", "adobe", "agora", "aikido", "airbrake", "airbyte", "airtable", "aiven", "alchemyapi", "algolia", "alibaba",
    "aliyun", "amplitude", "anthropic", "anypoint", "apify", "apilayer", "appfollow", "appoptics", "appsync", "arcjet", "artifactory",
    "asana", "assemblyai", "atlassian", "auth0", "authress", "aviationstack", "ayrshare", "azure", "azuredevops", "bannerbear",
    "baremetrics", "baseten", "beamer", "betterstack", "bintray", "bitbucket", "bitly", "bitrise", "bittrex", "bitwarden", "blazemeter",
    "blynk", "braintree", "branchio", "browserbase", "browserstack", "browshot", "bscscan", "budibase", "bugherd", "bugsnag",
    "builderio", "buildkite", "buttercms", "calendarific", "calendly", "cartesia", "censys", "chartmogul", "checkly", "circleci",
    "clarifai", "clearbit", "clickhouse", "clickup", "clockify", "clojars", "cloudconvert", "cloudflare", "cloudinary", "cloudmersive",
    "cloudsight", "codacy", "codeclimate", "codecov", "coderabbit", "cohere", "coinbase", "coinmarketcap", "composio", "configcat",
    "confluence", "confluent", "contentful", "contentstack", "contribsys", "couchbase", "coveralls", "crossmint", "cryptocompare",
    "currencylayer", "customerio", "databricks", "datadog", "datagov", "deepgram", "deepl", "deepseek", "delighted", "demandbase",
    "dependencytrack", "deviantart", "diffbot", "digitalocean", "discord", "disqus", "dockerhub", "docusign", "doppler", "droneci",
    "droneio", "dropbox", "dynatrace", "elevenlabs", "etherscan", "etsy", "exchangerate", "facebook", "fastly", "fauna", "fibery",
    "figma", "finicity", "finnhub", "firebase", "firecrawl", "fireworksai", "fixerio", "fleetbase", "flickr", "flutterwave", "flyio",
    "foursquare", "frameio", "freshbooks", "freshdesk", "fullstory", "geoapify", "geocodio", "giphy", "gitguardian", "gitter",
    "gocardless", "grafana", "groq", "gumroad", "harness", "helpscout", "hereapi", "heroku", "honeybadger", "honeycomb", "hubspot",
    "huggingface", "hunterio", "ifttt", "imgur", "infracost", "infura", "instagram", "intercom", "ipdata", "ipgeolocation",
    "ipinfo", "ipstack", "jenkins", "jfrog", "jina", "jira", "jotform", "jumpcloud", "kagi", "kickbox", "klaviyo", "kraken", "kucoin",
    "langfuse", "langsmith", "launchdarkly", "lemonsqueezy", "linear", "linkedin", "linode", "litellm", "livechat", "lob", "locationiq",
    "loggly", "logz", "lokalise", "looker", "mailboxlayer", "mailchimp", "mailerlite", "mailersend", "mailgun", "mailjet", "mailtrap",
    "mandrill", "mapbox", "mapquest", "mattermost", "maxmind", "mediastack", "meraki", "mergify", "messagebird", "mistral", "mixpanel",
    "myfatoorah", "nasa", "netlify", "newrelic", "newsapi", "newyorktimes", "ngrok", "nightfall", "notion", "nuget", "nvidia", "nylas",
    "nytimes", "octopus", "okta", "onelogin", "onesignal", "openai", "opencage", "openrouter", "openweather", "opsgenie", "optimizely",
    "packagecloud", "pagerduty", "pandadoc", "pastebin", "paypal", "paystack", "perplexity", "pexels", "pinata", "pinecone",
    "pipedrive", "pixabay", "plaid", "planetscale", "poeditor", "positionstack", "posthog", "postman", "postmark", "postmarkapp",
    "privateai", "pubnub", "pulumi", "pusher", "qualaroo", "quickbooks", "rapidapi", "razorpay", "readme", "rebrandly", "replicate",
    "resend", "rollbar", "rubygems", "runpod", "salesforce", "saucelabs", "scaleway", "scalr", "scraperapi", "scrapingbee",
    "securitytrails", "sendbird", "sendgrid", "sendinblue", "sentry", "serpapi", "shippo", "shodan", "shopify", "sidekiq", "signalwire",
    "slack", "smartsheet", "snipcart", "snyk", "sonar", "sonarqube", "sourcegraph", "spotify", "squarespace", "statuscake",
    "statuspage", "storyblok", "strava", "stripe", "stytch", "sumo", "sumologic", "supabase", "tailscale", "tavily", "teamcity",
    "telegr", "telegram", "telnyx", "tencent", "terraform", "thingsboard", "ticketmaster", "tiingo", "todoist", "togetherai",
    "tomorrowio", "tomtom", "travis", "travisci", "trello", "trufflehog", "twelvelabs", "twilio", "twitch", "twitter", "typeform",
    "unkey", "unsplash", "uploadcare", "upstash", "urlscan", "vercel", "virustotal", "voyageai", "vultr", "wakatime", "wandb",
    "weatherapi", "weatherbit", "weatherstack", "webex", "webflow", "whoxy", "wistia", "wolframalpha", "worldweather", "xai", "xero",
    "xray", "yandex", "yelp", "zapier", "zendesk", "zeplin", "zerobounce", "zerotier", "zhipu", "zoho", "zulip", "zuplo",
];
