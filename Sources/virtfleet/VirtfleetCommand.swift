@main struct VirtfleetCommand { static func main() {} }
