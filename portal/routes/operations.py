"""Routes of operations."""

from fastapi import APIRouter

router = APIRouter()
