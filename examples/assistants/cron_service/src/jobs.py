from shared_models import Job

JOBS = [
    Job(name="morning-digest", schedule="0 8 * * *", url="http://assistant_service:8000/messages"),
    Job(name="reindex", schedule="*/15 * * * *", url="http://rag_service:8002/reindex"),
]
