/// systemd-logind's place on the message bus (org.freedesktop.login1(5)).
enum Logind {
    static let name = "org.freedesktop.login1"
    static let path = "/org/freedesktop/login1"
    static let manager = "org.freedesktop.login1.Manager"
}
