@main struct ControllerCommand { static func main() {} }
