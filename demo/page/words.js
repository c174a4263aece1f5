// What the page itself says; what people and the bot say is theirs.
export const words = {
  zh: {
    pace: '时间', pause: '暂停', skip: '跳到下一件事', next: '下一件', language: 'Switch to English', phone: '手机', map: '地图', groups: '群',
    people: '选择一个人', chat: '与巡访的对话', sendPlace: '发位置', sample: '样张', upload: '上传', message: '说点什么', send: '发送', views: '视图',
    zoomIn: '放大', zoomOut: '缩小', fit: '全部', follow: '跟随', mapNone: '这个人没有客户，也就没有地图。', play: '播放这一天', stop: '停下', goOn: '继续播放',
    feishu: '飞书', wecom: '企业微信', rep: '销售员', manager: '经理', admin: '管理员', stranger: '不在名册', you: '你是 {name}', here: '图钉在这里',
    go: '去这家', goSend: '去并发位置', sendHere: '从这里发位置', page: '签到页 ↗', away: '离图钉 {d}', fence: '围栏 {d}', tip: '点地图移动图钉，点圆点选客户', planned: '今天第 {n} 家',
    unplanned: '今天没有计划', empty: '还没有消息。发个位置，或说“帮助”。', emptyGroup: '08:30 早报，19:30 晚报。', edited: '更新 {n} 次', good: '{n} 项核对全部相符',
    failed: '{n} 项核对不符：{what}', upNext: '接下来 {time} {what}', lost: '连接断了，正在重连', commands: ['计划', '明天', '日报', '签退', '今天', '帮助'], m: '米', km: '公里', photoOf: '照片', today: '今天',
    mapOf: '{name}的客户', mapSub: '{place} · 今天 {n} 家', weekdays: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'], month: (d) => `${d.m}月${d.d}日 ${d.w}`,
  },
  en: {
    pace: 'Time', pause: 'Pause', skip: 'Go to what happens next', next: 'Next', language: '切换到中文', phone: 'Phone', map: 'Map', groups: 'Groups',
    people: 'Choose somebody', chat: 'Chat with Roundsman', sendPlace: 'Location', sample: 'Sample', upload: 'Upload', message: 'Say something', send: 'Send', views: 'Views',
    zoomIn: 'Zoom in', zoomOut: 'Zoom out', fit: 'Show all', follow: 'Follow', mapNone: 'No customers, so no map.', play: 'Play the day', stop: 'Stop', goOn: 'Play on',
    feishu: 'Feishu', wecom: 'WeCom', rep: 'rep', manager: 'manager', admin: 'admin', stranger: 'not on roster', you: 'You are {name}', here: 'The pin is here',
    go: 'Go there', goSend: 'Go and send', sendHere: 'Send from here', page: 'Check-in page ↗', away: '{d} from the pin', fence: 'fence {d}', tip: 'Tap the map to move the pin, a dot to choose a customer', planned: 'No. {n} today',
    unplanned: 'not planned today', empty: 'No messages yet. Send a location, or say “help”.', emptyGroup: 'The plan comes at 08:30, the summary at 19:30.', edited: 'changed {n}×', good: 'All {n} checks hold',
    failed: '{n} checks failed: {what}', upNext: 'Next at {time}: {what}', lost: 'Connection lost, trying again', commands: ['plan', 'tomorrow', 'report', 'checkout', 'today', 'help'], m: 'm', km: 'km', photoOf: 'Photo', today: 'today',
    mapOf: 'Customers of {name}', mapSub: '{place} · {n} today', weekdays: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'], month: (d) => `${d.w} ${d.d}/${d.m}`,
  },
};
