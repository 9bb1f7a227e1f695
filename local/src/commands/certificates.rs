//! Certificates from the customer's private CA and, through its hosted zone, from ACM.

use serde_json::{Value, json};

use super::{post, quoted};
use crate::ready::Ready;

const CERTIFICATES: &str = "/api/v1/cert-manager/certificates";

/// Waits until a request is issued or has failed, and prints it: `issued <request>`.
const ISSUED: &str = r#"issued() { while STATE=$(curl -s "$API/api/v1/cert-manager/certificates/certificate-requests/$1" -H "authorization: Bearer $TOKEN"); do
  case "$STATE" in *'"status":"pending"'*) sleep 1 ;; *) printf '%s\n' "$STATE"; return ;; esac; done; }"#;

impl Ready {
    pub(super) fn certificates(&self) -> String {
        let Self { aws_endpoint, customer_account_id, region, .. } = self;
        let request = |profile: &str, more: &[(&str, Value)]| {
            let mut body = json!({
                "profileId": self.seeded(profile), "applicationId": self.seeded("certificateApplicationId"),
            });
            for (field, value) in more {
                body[field] = value.clone();
            }
            body
        };
        let named = |names: &[&str]| {
            let names: Vec<_> =
                names.iter().map(|name| json!({ "type": "dns_name", "value": name })).collect();
            json!({ "commonName": names[0]["value"], "altNames": names, "keyAlgorithm": "EC_prime256v1" })
        };
        let ask = |body: &str| post(CERTIFICATES, Some("TOKEN"), body);
        let zone = self.seeded("hostedZoneName");
        let by_key = request("privateProfileId", &[("attributes", named(&["shop.internal.example.com"]))]);
        let by_csr =
            request("privateProfileId", &[("csr", json!("$CSR")), ("attributes", json!({ "ttl": "12h" }))]);
        // The shell puts the request in, as JSON with quotes of its own.
        let by_csr = quoted(&by_csr).replace("\"$CSR\"", "'\"$CSR\"'");
        let public = request("publicProfileId", &[("attributes", named(&[zone, &format!("*.{zone}")]))]);
        let root = json!({ "CertificateAuthorityArn": self.seeded("rootCertificateAuthorityArn") });
        let zone_path = format!("/2013-04-01/hostedzone/{}/rrset", self.seeded("hostedZoneId"));
        format!(
            "\n# certificates: one of the customer's private CA, its key made here, verified up to the customer's root; then revoked\n\
             {ISSUED}\nCERTS=$(mktemp -d)\nREQUEST=$({} | field certificateRequestId)\n\
             issued \"$REQUEST\" | field certificate > $CERTS/leaf.pem\nissued \"$REQUEST\" | field certificateChain > $CERTS/chain.pem\n\
             customer acm-pca ACMPrivateCA.GetCertificateAuthorityCertificate {} | field Certificate > $CERTS/root.pem\n\
             openssl verify -CAfile $CERTS/root.pem -untrusted $CERTS/chain.pem $CERTS/leaf.pem\n\
             CERTIFICATE=$(issued \"$REQUEST\" | field certificateId)\n{}\n\
             \n# one by CSR: its key stays where it is\n\
             CSR=$(openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $CERTS/own.pem -subj /CN=csr.internal.example.com 2> /dev/null | python3 -c 'import json, sys; print(json.dumps(sys.stdin.read()))')\n\
             issued \"$({} | field certificateRequestId)\"\n\
             \n# a public one: its records appear in the customer's zone, and key and certificate belong together\n\
             REQUEST=$({} | field certificateRequestId)\n\
             issued \"$REQUEST\" | field certificate > $CERTS/public.pem\nissued \"$REQUEST\" | field privateKey > $CERTS/public-key.pem\n\
             curl -s {aws_endpoint}{zone_path} -H 'authorization: AWS4-HMAC-SHA256 Credential={customer_account_id}/20260101/{region}/route53/aws4_request, SignedHeaders=host, Signature=unsigned'\n\
             openssl x509 -in $CERTS/public.pem -noout -pubkey > $CERTS/one; openssl pkey -in $CERTS/public-key.pem -pubout > $CERTS/other; cmp $CERTS/one $CERTS/other\n",
            ask(&quoted(&by_key)),
            quoted(&root),
            post(
                &format!("{CERTIFICATES}/$CERTIFICATE/revoke"),
                Some("TOKEN"),
                "'{\"revocationReason\":\"SUPERSEDED\"}'"
            ),
            ask(&by_csr),
            ask(&quoted(&public)),
        )
    }
}
