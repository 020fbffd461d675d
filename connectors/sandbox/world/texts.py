"""Names and sentences of the simulated company and its customers."""

SUBJECTS = (
    "Không đăng nhập được vào tài khoản",
    "Hỏi về hóa đơn tháng này",
    "Đơn hàng giao trễ",
    "Sản phẩm bị lỗi, xin đổi trả",
    "Cần hướng dẫn cài đặt",
    "Yêu cầu hoàn tiền",
    "Thanh toán bị trừ hai lần",
    "Ứng dụng báo lỗi khi mở",
    "Thay đổi địa chỉ giao hàng",
    "Hỏi về bảo hành",
    "Máy không kết nối được mạng",
    "Đề nghị xuất hóa đơn đỏ",
)
WARRANTY = frozenset({"Sản phẩm bị lỗi, xin đổi trả", "Hỏi về bảo hành"})
GRAVE = frozenset({"Thanh toán bị trừ hai lần"})
ODD_SUBJECTS = (
    "<img src=x onerror=alert(1)> Đơn hàng & hóa đơn",
    "{{ticket.id}} {{current_user.email}} cần hỗ trợ",
    '=HYPERLINK("http://example.com","bấm vào đây")',
    "Lo\u0302\u0303i thanh toa\u0301n",  # decomposed Vietnamese (NFD)
    "Rất dài: " + "xin chào " * 40,
    "\u202egnảb \x1b[31mđỏ\x1b[0m\r\nX-Injected: 1",
)
QUESTIONS = (
    "Chào anh chị, nhờ kiểm tra giúp em với ạ.",
    "Tôi đã thử lại nhiều lần nhưng vẫn không được.",
    "Vui lòng phản hồi sớm giúp tôi.",
    "Tôi gửi kèm ảnh chụp màn hình.",
)
REPLIES = (
    "Chào anh/chị, em đã tiếp nhận yêu cầu và đang kiểm tra.",
    "Dạ, anh/chị vui lòng cho em xin mã đơn hàng.",
    "Em đã xử lý xong, anh/chị kiểm tra lại giúp em nhé.",
    "Bên em xin lỗi vì sự bất tiện này.",
)
NOTES = ("Đã gọi cho kho, chờ trả lời.", "Khách cần gấp, nhờ tổ kỹ thuật xem.", "Đã đối chiếu với kế toán.")
THANKS = ("Cảm ơn, hỗ trợ rất nhanh!", "Tạm được.", None)
COMPLAINTS = ("Chờ quá lâu.", "Trả lời không đúng câu hỏi.", None)

FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
MIDDLES = ("Văn", "Thị", "Quốc", "Minh", "Thu", "Ngọc", "Đức", "Thanh", "Hoài", "Gia")
GIVEN = (
    "An",
    "Bình",
    "Châu",
    "Dũng",
    "Giang",
    "Hà",
    "Khánh",
    "Lan",
    "Mai",
    "Nam",
    "Oanh",
    "Phúc",
    "Quân",
    "Trang",
    "Yến",
)
