import uvicorn

from admin_service.app import app

uvicorn.run(app, host="0.0.0.0", port=8080)
