public import Insight
public import Settings

/// What files say that a cluster promises, and how its synthetic customers behave. Every mistake is told with file, line,
/// what was expected and what was found; the other documents and files go on.
public enum Definitions {
    /// What a folder of OpenSLO files says.
    public struct Objectives: Sendable {
        /// In the order of files and documents.
        public var objectives: [Objective] = []
        public var mistakes: [Mistake] = []
        /// What is right, and not evaluated here.
        public var notes: [Mistake] = []
    }

    /// What a folder of canaries' files says.
    public struct Canaries: Sendable {
        public var canaries: [CanaryDefinition] = []
        public var mistakes: [Mistake] = []
    }

    /// Reads all OpenSLO documents of a folder, or of one file.
    public static func objectives(in path: String) -> Objectives {
        var found = Objectives()
        var reader = OpenSLOReader()
        do throws(ConfigurationError) {
            for file in try YAMLFolder.files(path) { reader.read(Document.all(path: file)) }
        } catch {
            found.mistakes += error.mistakes
        }
        return assembled(reader, found)
    }

    /// Reads the OpenSLO documents of a text; `name` is how messages call it.
    public static func objectives(text: String, name: String) -> Objectives {
        var reader = OpenSLOReader()
        reader.read(Document.all(bytes: Array(text.utf8), name: name))
        return assembled(reader, Objectives())
    }

    private static func assembled(_ reader: OpenSLOReader, _ begun: Objectives) -> Objectives {
        var found = begun
        let assembly = Assembly(reader)
        found.objectives = assembly.objectives
        found.mistakes += reader.mistakes + assembly.mistakes
        found.notes = reader.notes + assembly.notes
        return found
    }

    /// Reads all canaries of a folder, or of one file.
    public static func canaries(in path: String) -> Canaries {
        do throws(ConfigurationError) {
            return CanaryReader.read(try YAMLFolder.files(path).flatMap { Document.all(path: $0) })
        } catch {
            return Canaries(mistakes: error.mistakes)
        }
    }

    /// Reads the canaries of a text; `name` is how messages call it.
    public static func canaries(text: String, name: String) -> Canaries {
        CanaryReader.read(Document.all(bytes: Array(text.utf8), name: name))
    }
}
