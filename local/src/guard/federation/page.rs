//! The pages: the console's, and what is shown instead of it.

use http::{HeaderValue, Response, StatusCode};
use hyper::body::Bytes;

use super::super::wire::Refusal;
use super::request::Login;
use super::tokens::SignedIn;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:44rem;padding:0 1rem;color:#16191f}\
    dl{display:grid;grid-template-columns:max-content 1fr;gap:.5rem 1.5rem}dt{color:#545b64}\
    dd{margin:0;font-weight:600;overflow-wrap:anywhere}";

/// The console, signed in: whose account, as which role, in which session.
pub(super) fn console(signed_in: &SignedIn, login: &Login) -> Response<Bytes> {
    let (role, session) = signed_in.identity.session().unwrap_or_default();
    let mut rows = vec![
        ("Account", escaped(&signed_in.identity.account)),
        ("Role", escaped(role)),
        ("Session (person)", escaped(session)),
        ("Session ARN", escaped(&signed_in.identity.arn)),
    ];
    if let Some(end) = &signed_in.expires_at {
        rows.push(("Ends", escaped(end)));
    }
    rows.push(("Destination", link(&login.destination)));
    if let Some(issuer) = &login.issuer {
        rows.push(("Sign in again at", link(issuer)));
    }
    let rows: String =
        rows.iter().map(|(term, value)| format!("<dt>{term}</dt><dd>{value}</dd>\n")).collect();
    let body = format!(
        "<h1>Signed in to the AWS console</h1>\n<dl>\n{rows}</dl>\n\
         <p>This page stands in for AWS. The real sign-in page goes on to the destination.</p>"
    );
    html(StatusCode::OK, "AWS console", &body)
}

/// What AWS shows when it does not let somebody in.
pub(super) fn refused(refusal: &Refusal) -> Response<Bytes> {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = format!(
        "<h1>{} {}</h1>\n<p>{}</p>",
        refusal.status,
        escaped(&refusal.code),
        escaped(&refusal.message)
    );
    html(status, "AWS sign-in", &body)
}

fn html(status: StatusCode, title: &str, body: &str) -> Response<Bytes> {
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body>\n{body}\n</body>\n</html>\n"
    );
    let mut answer = Response::new(Bytes::from(page));
    *answer.status_mut() = status;
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
        // The address of this page is a secret for 15 minutes.
        ("referrer-policy", "no-referrer"),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn link(address: &str) -> String {
    let shown = escaped(address);
    if address.starts_with("https://") || address.starts_with("http://") {
        format!("<a href=\"{shown}\">{shown}</a>")
    } else {
        shown
    }
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::super::principals::Principal;
    use super::super::super::wire::Refusal;
    use super::super::request::Login;
    use super::super::tokens::SignedIn;
    use super::{console, refused};

    fn page(issuer: &str) -> String {
        let signed_in = SignedIn {
            access_key_id: "ASIAEXAMPLE".to_owned(),
            identity: Principal::new("arn:aws:sts::222222222222:assumed-role/read-only/ada@example.com"),
            expires_at: Some("2026-11-22T09:00:00Z".to_owned()),
        };
        let login = Login {
            token: "the-token".into(),
            destination: "https://console.aws.amazon.com/s3/home?a=1&b=2".to_owned(),
            issuer: Some(issuer.to_owned()),
        };
        String::from_utf8(console(&signed_in, &login).body().to_vec()).unwrap()
    }

    #[test]
    fn the_page_names_account_role_and_person() {
        let page = page("https://drawbridge.example.com/");
        for row in [
            "<dt>Account</dt><dd>222222222222</dd>",
            "<dt>Role</dt><dd>read-only</dd>",
            "<dt>Session (person)</dt><dd>ada@example.com</dd>",
            "<dt>Ends</dt><dd>2026-11-22T09:00:00Z</dd>",
            "<a href=\"https://console.aws.amazon.com/s3/home?a=1&amp;b=2\">",
        ] {
            assert!(page.contains(row), "{row} in {page}");
        }
        assert!(!page.contains("the-token"));
    }

    #[test]
    fn what_was_sent_cannot_become_part_of_the_page() {
        let shown = page("\"><script>alert('x')</script>");
        assert!(!shown.contains("<script"), "{shown}");
        assert!(!page("javascript:alert(1)").contains("href=\"javascript"));
        let refused = refused(&Refusal::new(400, "<b>", "<i>"));
        assert!(String::from_utf8_lossy(refused.body()).contains("&lt;b&gt;"));
    }
}
