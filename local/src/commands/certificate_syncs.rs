//! Certificates carried to the customer's ACM and onto a listener of its load balancer.

use serde_json::json;

use super::{post, quoted, send};
use crate::ready::Ready;

const SYNCS: &str = "/api/v1/cert-manager/syncs";

/// Waits until what is attached to a sync is where it should be, or is not and says why: `carried <sync>`.
const CARRIED: &str = r#"carried() { while STATE=$(curl -s "$API/api/v1/cert-manager/syncs/$1/certificates" -H "authorization: Bearer $TOKEN"); do
  case "$STATE" in *'"syncStatus":"pending"'* | *'"syncStatus":"running"'* | *'"syncStatus":"syncing"'*) sleep 1 ;; *) printf '%s\n' "$STATE"; return ;; esac; done; }"#;
/// Waits until a certificate is renewed, and prints the next one's id: `renewed <certificate>`.
const RENEWED: &str = r#"renewed() { while NEXT=$(curl -s "$API/api/v1/cert-manager/certificates/$1" -H "authorization: Bearer $TOKEN" | field certificate renewedByCertificateId); [ "$NEXT" = None ]; do
  sleep 1; done; echo "$NEXT"; }"#;

impl Ready {
    pub(super) fn certificate_syncs(&self) -> String {
        let Self { aws_endpoint, customer_account_id, region, .. } = self;
        let (acm, balancer) = (self.seeded("acmSyncId"), self.seeded("loadBalancerSyncId"));
        let names = json!([{ "type": "dns_name", "value": "www.internal.example.com" }]);
        let request = json!({
            "profileId": self.seeded("privateProfileId"), "applicationId": self.seeded("certificateApplicationId"),
            "attributes": { "commonName": "www.internal.example.com", "altNames": names, "keyAlgorithm": "EC_prime256v1" },
        });
        let request = post("/api/v1/cert-manager/certificates", Some("TOKEN"), &quoted(&request));
        // The shell puts the id in: out of the single quotes and in again.
        let ids =
            |of: &str| quoted(&json!({ "certificateIds": ["$ID"] })).replace("$ID", &format!("'${of}'"));
        let on = |sync: &str, what: &str| format!("{SYNCS}/{sync}/{what}");
        let on_acm = |what: &str| on(&format!("aws-certificate-manager/{acm}"), what);
        let on_balancer = |what: &str| on(&format!("aws-elastic-load-balancer/{balancer}"), what);
        let act = |method: &str, path: String| send(method, &path, Some("TOKEN"), "'{}'");
        let attach = |sync: &str| post(&on(sync, "certificates"), Some("TOKEN"), &ids("CERTIFICATE"));
        let detach =
            |sync: &str| send("DELETE", &on(sync, "certificates"), Some("TOKEN"), &ids("CERTIFICATE"));
        let look = "for ARN in $IN_ACM $ON_LISTENER; do customer acm CertificateManager.DescribeCertificate '{\"CertificateArn\":\"'$ARN'\"}' | field Certificate Serial; done; listener";
        format!(
            "\n# certificate syncs: one of the private CA goes into the customer's ACM, and onto a listener that serves somebody else's ({})\n\
             {CARRIED}\n{RENEWED}\n\
             listener() {{ curl -s {aws_endpoint} -H 'authorization: AWS4-HMAC-SHA256 Credential={customer_account_id}/20260101/{region}/elasticloadbalancing/aws4_request, SignedHeaders=host, Signature=unsigned' \\\n  \
             -d Action=DescribeListenerCertificates -d Version=2015-12-01 -d ListenerArn={}; }}\n\
             CERTIFICATE=$(issued \"$({request} | field certificateRequestId)\" | field certificateId)\n{}\n{}\n\
             IN_ACM=$(carried {acm} | field certificates 0 externalIdentifier)\nON_LISTENER=$(carried {balancer} | field certificates 0 externalIdentifier)\n{look}\n\
             \n# renew it: the same ARNs have another serial number; what a run would do, and the one that clients without SNI get\n{}\n\
             NEXT=$(renewed $CERTIFICATE); carried {acm}; carried {balancer}; {look}\n{}\n{}\ncarried {balancer}; listener\n\
             \n# roll both back to the certificate before, give the listener its own default again, and take all away: everything is as it was\n{}\n{}\n\
             carried {acm}; carried {balancer}; {look}\n{}\n{}\n{}\nsleep 10; listener\n",
            self.seeded("foreignCertificateArn"),
            self.seeded("listenerArn"),
            attach(acm),
            attach(balancer),
            act("POST", "/api/v1/cert-manager/certificates/$CERTIFICATE/renew".to_owned()),
            act("POST", on_balancer("plan")),
            act("POST", on_balancer("certificates/$NEXT/default")),
            act("POST", on_acm("certificates/$NEXT/rollback")),
            act("POST", on_balancer("certificates/$NEXT/rollback")),
            act("DELETE", on_balancer("certificates/default")),
            detach(acm),
            detach(balancer),
        )
    }
}
