#pragma once

#include <string_view>

namespace millrace::sandbox {

/// The shape of a state. Accounts and posts have the fields of the published documents, and so have contacts, which
/// `problem_of` looks at, because there can be very many.
inline constexpr std::string_view state_schema = R"({
  "type": "object",
  "additionalProperties": false,
  "required": ["locations"],
  "properties": {
    "now": {"type": ["string", "null"]},
    "statistics_seed": {"type": "integer", "minimum": 0},
    "locations": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["id"],
      "properties": {"id": {"type": "string"}, "name": {"type": "string"}}}},
    "location_tags": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["id", "name", "locationId"],
      "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "locationId": {"type": "string"}}}},
    "social_tags": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["_id", "tag", "locationId"],
      "properties": {
        "_id": {"type": "string"}, "tag": {"type": "string"}, "locationId": {"type": "string"},
        "createdBy": {"type": "string"}, "deleted": {"type": "boolean"},
        "createdAt": {"type": "string"}, "updatedAt": {"type": "string"}}}},
    "contacts": {"type": "array"},
    "social_accounts": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["id", "profileId", "platform", "locationId"],
      "properties": {
        "id": {"type": "string"}, "oauthId": {"type": "string"}, "profileId": {"type": "string"},
        "name": {"type": "string"}, "platform": {"type": "string"}, "type": {"type": "string"},
        "expire": {"type": "string"}, "isExpired": {"type": "boolean"}, "meta": {"type": "object"},
        "locationId": {"type": "string"}}}},
    "social_posts": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["_id", "locationId"],
      "properties": {
        "_id": {"type": "string"}, "locationId": {"type": "string"}, "platform": {"type": "string"},
        "source": {"enum": ["composer", "csv", "recurring", "review", "rss"]},
        "displayDate": {"type": "string"}, "createdAt": {"type": "string"}, "updatedAt": {"type": "string"},
        "publishedAt": {"type": "string"}, "accountId": {"type": "string"},
        "accountIds": {"type": "array", "items": {"type": "string"}}, "error": {"type": "string"},
        "postId": {"type": "string"}, "summary": {"type": "string"},
        "media": {"type": "array", "items": {"type": "object", "required": ["url"]}}, "status": {"type": "string"},
        "createdBy": {"type": "string"}, "type": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}}}}},
    "page_tags": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["tagId", "tagName", "locationId"],
      "properties": {
        "tagId": {"type": "string"}, "tagName": {"type": "string"}, "locationId": {"type": "string"},
        "color": {"type": ["string", "null"]}, "description": {"type": ["string", "null"]}}}},
    "page_statistics": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["metrics", "timestamp", "locationId"],
      "properties": {
        "metrics": {"type": "object"}, "timestamp": {"type": "string"}, "locationId": {"type": "string"},
        "userCount": {"type": ["integer", "null"]}}}},
    "survey_requests": {"type": "array", "items": {
      "type": "object", "additionalProperties": false, "required": ["project", "body"],
      "properties": {"project": {"type": "string"}, "body": {"type": "object"}}}},
    "shelves": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}}
  }
})";

}  // namespace millrace::sandbox
