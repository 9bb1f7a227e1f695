"""boto3's presigned PUTs per second of processor time, for so many seconds: see `run`."""

import json
import sys
import time

import boto3
from botocore.config import Config

IDS = "6f1a1d7e-5c54-4a4e-9d8e-0d2b3c4a5f60/0b9a3f3e-8f4d-4f0e-a7cb-6b7b5f4f2a11"
KEYS = [f"recordings/{IDS}/chunk-{index:06}.json.enc" for index in range(1_000)]

client = boto3.client(
    "s3",
    region_name="us-east-1",
    aws_access_key_id="ASIAIOSFODNN7EXAMPLE",
    aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    aws_session_token="IQoJb3JpZ2luX2VjEPT//////////wEaCXVzLWVhc3QtMSJHMEUCIQ" * 12,
    config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
)


def batch() -> None:
    for key in KEYS:
        url = client.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": "drawbridge-recordings",
                "Key": key,
                "ContentType": "application/octet-stream",
                "ContentLength": 65_552,
            },
            ExpiresIn=300,
        )
        assert "content-length%3Bcontent-type%3Bhost" in url, url


batch()
before, made = time.process_time(), 0
while time.process_time() - before < float(sys.argv[1]):
    batch()
    made += len(KEYS)
print(json.dumps({"boto3": made / (time.process_time() - before)}))
