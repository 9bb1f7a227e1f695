// The presigned PUTs of the SDK for JavaScript per second of processor time, for so many seconds: see `run`.

import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const IDS = "6f1a1d7e-5c54-4a4e-9d8e-0d2b3c4a5f60/0b9a3f3e-8f4d-4f0e-a7cb-6b7b5f4f2a11";
const KEYS = Array.from({ length: 1_000 }, (_, index) => `recordings/${IDS}/chunk-${String(index).padStart(6, "0")}.json.enc`);

const client = new S3Client({
  region: "us-east-1",
  credentials: {
    accessKeyId: "ASIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    sessionToken: "IQoJb3JpZ2luX2VjEPT//////////wEaCXVzLWVhc3QtMSJHMEUCIQ".repeat(12),
  },
  requestChecksumCalculation: "WHEN_REQUIRED",
});
const signed = { expiresIn: 300, signableHeaders: new Set(["content-length", "content-type", "host"]) };

async function batch() {
  for (const Key of KEYS) {
    const put = new PutObjectCommand({
      Bucket: "drawbridge-recordings",
      Key,
      ContentType: "application/octet-stream",
      ContentLength: 65_552,
    });
    const url = await getSignedUrl(client, put, signed);
    if (!url.includes("content-length%3Bcontent-type%3Bhost")) throw new Error(url);
  }
}

function seconds() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

await batch();
const before = seconds();
let made = 0;
while (seconds() - before < Number(process.argv[2])) {
  await batch();
  made += KEYS.length;
}
console.log(JSON.stringify({ node: made / (seconds() - before) }));
