from shared_models import Job

JOBS = [
    Job(
        name="morning-digest",
        schedule="0 8 * * *",
        url="http://assistant_service:8000/messages",
        body={"user_id": 0, "text": "What is on the calendar today?"},
    ),
    Job(name="reindex", schedule="*/15 * * * *", url="http://rag_service:8002/reindex"),
]
