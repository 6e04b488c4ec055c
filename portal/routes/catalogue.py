"""Routes of catalogue."""

from fastapi import APIRouter

router = APIRouter()
