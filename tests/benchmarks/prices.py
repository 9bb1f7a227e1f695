"""What AWS charges, in US dollars, us-east-1, without any free tier; as published in November 2026. Change them here."""

# https://aws.amazon.com/lambda/pricing/, arm64
LAMBDA_GB_SECOND = 0.0000133334
LAMBDA_REQUEST = 0.20 / 1e6
# https://aws.amazon.com/api-gateway/pricing/, HTTP API, first 300 million a month
HTTP_API_REQUEST = 1.00 / 1e6
# https://aws.amazon.com/dynamodb/pricing/on-demand/
DYNAMODB_READ_UNIT = 0.125 / 1e6
DYNAMODB_WRITE_UNIT = 0.625 / 1e6
# https://aws.amazon.com/kms/pricing/: symmetric requests, and signatures by keys on elliptic curves
KMS_REQUEST = 0.03 / 1e4
KMS_SIGNATURE = 0.15 / 1e4
# https://aws.amazon.com/sqs/pricing/, FIFO
SQS_REQUEST = 0.50 / 1e6
# AssumeRole and GetCallerIdentity are free.
STS_REQUEST = 0.0
