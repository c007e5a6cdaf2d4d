/// What is sent to GitHub's API, by the names that it has there.
enum GitHubBody {
    struct Blob: Encodable {
        var content: String
        var encoding = "base64"
    }

    struct Tree: Encodable {
        struct Entry: Encodable {
            var path: String
            var mode: String
            /// Nil takes the file away.
            var sha: String?

            enum CodingKeys: String, CodingKey { case path, mode, type, sha }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(path, forKey: .path)
                try container.encode(mode, forKey: .mode)
                try container.encode("blob", forKey: .type)
                // Nothing is said by null, and not by leaving it out.
                if let sha { try container.encode(sha, forKey: .sha) } else { try container.encodeNil(forKey: .sha) }
            }
        }

        var baseTree: String
        var tree: [Entry]

        enum CodingKeys: String, CodingKey {
            case baseTree = "base_tree"
            case tree
        }
    }

    struct Commit: Encodable {
        struct Person: Encodable {
            var name: String
            var email: String
            var date: String
        }

        var message: String
        var tree: String
        var parents: [String]
        var author: Person
        var committer: Person
    }

    struct Reference: Encodable {
        var ref: String
        var sha: String
    }

    struct ReferenceChange: Encodable {
        var sha: String
        var force = true
    }

    struct Pull: Encodable {
        var title: String
        var head: String
        var base: String
        var body: String
    }

    struct PullChange: Encodable {
        var state: String
    }

    struct Review: Encodable {
        enum Event: String, Encodable {
            case approve = "APPROVE"
            case reject = "REQUEST_CHANGES"
            case comment = "COMMENT"
        }

        var commitID: String
        var body: String
        var event: Event

        enum CodingKeys: String, CodingKey {
            case commitID = "commit_id"
            case body, event
        }
    }

    struct Comment: Encodable {
        var body: String
    }

    struct Status: Encodable {
        var state: String
        var description: String
        var context: String
    }

    struct Merge: Encodable {
        var commitTitle: String
        var commitMessage: String
        var sha: String
        var mergeMethod = "merge"

        enum CodingKeys: String, CodingKey {
            case commitTitle = "commit_title"
            case commitMessage = "commit_message"
            case sha
            case mergeMethod = "merge_method"
        }
    }
}

/// What GitHub's API answers, as far as it is needed.
enum GitHubAnswer {
    struct Hash: Decodable {
        var sha: String
    }

    struct Commit: Decodable {
        var sha: String
        var tree: Hash
    }

    struct Reference: Decodable {
        var object: Hash
    }

    struct User: Decodable {
        var login: String
    }

    struct Pull: Decodable {
        struct End: Decodable {
            var ref: String
            var sha: String
        }

        var number: Int
        var title: String
        var body: String?
        var state: String
        var user: User?
        var head: End
        var base: End
        var mergedAt: String?
        var mergeCommit: String?
        var mergedBy: User?
        var createdAt: String
        var updatedAt: String

        enum CodingKeys: String, CodingKey {
            case number, title, body, state, user, head, base
            case mergedAt = "merged_at"
            case mergeCommit = "merge_commit_sha"
            case mergedBy = "merged_by"
            case createdAt = "created_at"
            case updatedAt = "updated_at"
        }
    }

    struct Review: Decodable {
        var user: User?
        var body: String?
        var state: String
        var submittedAt: String?
        var commitID: String?

        enum CodingKeys: String, CodingKey {
            case user, body, state
            case submittedAt = "submitted_at"
            case commitID = "commit_id"
        }
    }

    struct Comment: Decodable {
        var user: User?
        var body: String?
        var createdAt: String

        enum CodingKeys: String, CodingKey {
            case user, body
            case createdAt = "created_at"
        }
    }

    struct Statuses: Decodable {
        struct Status: Decodable {
            var context: String
            var state: String
            var description: String?
            var updatedAt: String

            enum CodingKeys: String, CodingKey {
                case context, state, description
                case updatedAt = "updated_at"
            }
        }

        var statuses: [Status]
    }

    struct Merge: Decodable {
        var sha: String
        var merged: Bool
    }

    struct Problem: Decodable {
        /// One of the errors that go with status 422: an object, or a sentence.
        struct Detail: Decodable {
            var words: [String]

            enum CodingKeys: String, CodingKey { case resource, field, code, message }

            init(from decoder: any Decoder) throws {
                if let text = try? decoder.singleValueContainer().decode(String.self) {
                    words = [text]
                    return
                }
                let container = try decoder.container(keyedBy: CodingKeys.self)
                let keys: [CodingKeys] = [.resource, .field, .code, .message]
                words = keys.compactMap { try? container.decode(String.self, forKey: $0) }
            }
        }

        var message: String?
        var errors: [Detail]?
    }
}
