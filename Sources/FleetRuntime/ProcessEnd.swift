import Glibc

/// The end of a program, some of whose threads may still be ending.
public enum ProcessEnd {
    /// Ends the process at once, with what was printed. exit(3) would run the handlers of C libraries, such as
    /// OpenSSL's, while threads that have just been left still give back what is theirs in them: now and then the heap
    /// breaks, and an orderly stop ends with SIGABRT.
    public static func leave(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}
