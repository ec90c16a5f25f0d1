"""A bucket whose server puts its events into an SQS queue, as it is or by way of SNS."""

from __future__ import annotations

import itertools
import json
from typing import Any

import boto3
from botocore.config import Config

from tests.support.s3_servers import Bucket, Server

_numbers = itertools.count(1)
_POLICY = {"Version": "2012-10-17", "Statement": []}


def service(name: str, server: Server) -> Any:
    return boto3.client(
        name,
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=Config(proxies={}),
    )


def fresh_queue(server: Server) -> str:
    """Its address."""
    made = service("sqs", server).create_queue(QueueName=f"depots-{next(_numbers)}")
    return f"{server.endpoint}/{made['QueueUrl'].split('/', 3)[3]}"


def tells(bucket: Bucket, queue: str, *, by_topic: bool = False) -> None:
    """From now on the bucket's new objects are told in this queue."""
    sqs = service("sqs", bucket.server)
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    where: dict[str, Any] = {"Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    if by_topic:
        sns = service("sns", bucket.server)
        topic = sns.create_topic(Name=f"depots-{next(_numbers)}")["TopicArn"]
        sns.set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(_POLICY)
        )
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn["QueueArn"])
        wanted = {"TopicConfigurations": [{"TopicArn": topic, **where}]}
    else:
        wanted = {"QueueConfigurations": [{"QueueArn": arn["QueueArn"], **where}]}
    bucket.client.put_bucket_notification_configuration(
        Bucket=bucket.bucket,
        NotificationConfiguration=wanted,  # type: ignore[arg-type]  # one of two forms
    )
