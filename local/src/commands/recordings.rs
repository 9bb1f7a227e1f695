//! A session recorded into the customer's bucket, and verified without anybody's help.

use serde_json::json;

use super::{post, quoted};
use crate::ready::Ready;

/// Copies what a playback answer lists: `fetch <answer> <directory>`.
const FETCH: &str = r#"fetch() { python3 -c 'import json, sys, urllib.request
for chunk in json.load(open(sys.argv[1]))["chunks"]:
    urllib.request.urlretrieve(chunk["presignedGetUrl"], sys.argv[2] + "/" + chunk["externalChunkObjectKey"].rsplit("/", 1)[1])' "$@"; }"#;

impl Ready {
    pub(super) fn recordings(&self) -> String {
        let Self { api_url, aws_endpoint, customer_account_id, region, .. } = self;
        let (project, bucket) = (self.seeded("projectId"), self.seeded("recordingsBucket"));
        let path = format!("/api/v1/pam/projects/{project}/recording-config");
        let configure = |prefix: &str| {
            let body = json!({
                "storageBackend": "aws-s3", "connectionId": self.seeded("recordingsConnectionId"), "bucket": bucket,
                "region": region, "keyPrefix": prefix,
            });
            post(&path, Some("TOKEN"), &quoted(&body))
        };
        let prefix = self.seeded("recordingsPrefix");
        let session = json!({ "projectId": project, "accountType": "ssh", "accountName": "root", "resourceName": "bastion" });
        let cors = |method: &str, more: &str| {
            format!(
                "curl -s -X {method} '{aws_endpoint}/{bucket}?cors' -H 'authorization: AWS4-HMAC-SHA256 Credential={customer_account_id}/20260101/{region}/s3/aws4_request, SignedHeaders=host, Signature=unsigned'{more}"
            )
        };
        let rule = format!(
            " \\\n  -d '<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedHeader>*</AllowedHeader><AllowedOrigin>{api_url}</AllowedOrigin><MaxAgeSeconds>3600</MaxAgeSeconds></CORSRule></CORSConfiguration>'"
        );
        format!(
            "\n# recordings: a prefix that the role may not write below is refused with what to allow\n{}\n\
             \n# so is a bucket without a CORS rule for our page, with the rule\n{}\n{}\n{}\n\
             \n# the bucket as it should be\n{}\n\
             \n# record a command (any), and watch it: $API/recordings/$RECORDING, as {} (the stand-in for your provider asks for no more)\n\
             RECORDING=$({} | field session id)\n\
             cargo run -q -p local -- record --recording $RECORDING -- sh -c 'for n in 3 2 1; do echo $n; sleep 1; done; ls'\n\
             echo $API/recordings/$RECORDING\n\
             \n# verify it offline: the saved answer and a copy of the bucket; then with one byte changed, which is refused by its number\n\
             {FETCH}\nCOPY=$(mktemp -d)\n\
             curl -s \"$API/api/v1/pam/sessions/$RECORDING/playback\" -H \"authorization: Bearer $TOKEN\" > $COPY/playback.json\n\
             fetch $COPY/playback.json $COPY\n\
             cargo run -q -p local -- verify-recording --playback $COPY/playback.json --objects $COPY --cast $COPY/session.cast\n\
             printf x | dd of=$COPY/chunk-000000.json.enc bs=1 seek=5 conv=notrunc 2> /dev/null\n\
             cargo run -q -p local -- verify-recording --playback $COPY/playback.json --objects $COPY || echo 'not what was recorded'\n",
            configure("elsewhere"),
            cors("DELETE", ""),
            configure(prefix),
            cors("PUT", &rule),
            configure(prefix),
            self.admin_email,
            post("/api/v1/pam/recordings", Some("TOKEN"), &quoted(&session)),
        )
    }
}
